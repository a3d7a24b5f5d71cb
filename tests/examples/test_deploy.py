"""Test the files of examples/deploy, and that docs/deploy.md says what they and the ports do."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from glowray_cli.main import app
from tests.cluster.test_listening import EVERYWHERE, GRPC_ANSWERS, OPEN
from tests.examples.programs import ROOT

FOLDER = ROOT / "examples" / "deploy"
DOCUMENT = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
UNITS = ("glowray-head.service", "glowray-worker.service")
USER = 10001
SECRET = "/run/secrets/glowray_token"
RAY = "2.60.0"


def load(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def steps() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile with their arguments, continued lines joined."""
    lines = (FOLDER / "Dockerfile").read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#")).replace("\\\n", "")
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in text.splitlines() if line.strip()]


def settings(unit: str) -> dict[str, list[str]]:
    """Return the values of each setting of a systemd unit, which may occur several times."""
    found: dict[str, list[str]] = {}
    for line in (FOLDER / unit).read_text(encoding="utf-8").splitlines():
        if line and line[0] not in "#[":
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def parsed(command: list[str]) -> dict[str, Any]:
    """Return the arguments of a `glowray` command as the command line reads them. A wrong option raises."""
    group = get_command(app)
    chosen = group.commands[command[0]]  # type: ignore[attr-defined]
    return dict(chosen.make_context(command[0], command[1:]).params)


def run_tool(tool: str, *arguments: object) -> None:
    """Run a linter, or skip the test on a machine that does not have it."""
    if shutil.which(tool) is None:
        pytest.skip(f"this machine has no {tool}")
    done = subprocess.run([tool, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_runs_as_a_user_without_rights_and_holds_no_token() -> None:
    instructions = steps()
    last = max(n for n, (name, _) in enumerate(instructions) if name == "FROM")
    final = instructions[last:]
    assert all(re.fullmatch(r"python:\S+-slim-\w+( AS \w+)?", value) for name, value in instructions if name == "FROM")
    assert [value for name, value in final if name == "USER"] == [f"{USER}:{USER}"]
    assert any(f"--uid {USER}" in value for name, value in final if name == "RUN")
    assert not [value for name, value in instructions if name in ("ENV", "ARG") and "TOKEN" in value.upper()]
    assert ("ARG", f"RAY={RAY}") in final
    assert ("ENTRYPOINT", '["glowray"]') in final


def test_the_build_context_is_what_the_wheel_is_made_of() -> None:
    lines = (FOLDER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    taken = {line[1:] for line in lines if line.startswith("!")}
    assert lines[0] == "*" and taken == {"cli", "examples", "glowray", "pyproject.toml", "README.md", "setup.py"}
    assert all((ROOT / name).exists() for name in taken)


def test_the_dockerfile_passes_its_linter() -> None:
    run_tool("hadolint", FOLDER / "Dockerfile")


def test_compose_keeps_to_its_schema() -> None:
    run_tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", FOLDER / "compose.yaml")


@pytest.mark.parametrize("service", ["head", "worker"])
def test_each_compose_service_is_a_node_with_a_secret_token(service: str) -> None:
    file = load("compose.yaml")
    node = file["services"][service]
    assert node["secrets"] == ["glowray_token"] and list(file["secrets"]) == ["glowray_token"]
    assert node["environment"]["RAY_AUTH_TOKEN_PATH"] == SECRET
    assert "RAY_AUTH_TOKEN" not in node["environment"]
    assert node["healthcheck"]["test"][:3] == ["CMD", "glowray", "status"]
    assert parsed(node["healthcheck"]["test"][2:])
    assert node["restart"] == "unless-stopped" and node["cap_drop"] == ["ALL"] and node["shm_size"]
    assert "ports" not in node
    assert (FOLDER / node["build"]["context"]).resolve() == ROOT
    assert (ROOT / node["build"]["dockerfile"]).samefile(FOLDER / "Dockerfile")


def test_the_compose_commands_are_commands_of_glowray(monkeypatch: pytest.MonkeyPatch) -> None:
    services = load("compose.yaml")["services"]
    head = parsed(services["head"]["command"])
    assert head["block"] and head["host"] == services["head"]["hostname"] == "head"
    worker_command = [word for word in services["worker"]["command"] if word != SECRET]
    assert services["worker"]["command"][worker_command.index("--token-file") + 1] == SECRET
    worker_command.insert(worker_command.index("--token-file") + 1, str(FOLDER / "Dockerfile"))  # any file
    # The name of the head is known inside Docker's network only.
    worker = parsed([word.replace("head:", "127.0.0.1:") for word in worker_command])
    assert worker["block"] and worker["rejoin"] == 60


def pods() -> list[dict[str, Any]]:
    spec = load("kuberay.yaml")["spec"]
    groups = [spec["headGroupSpec"], *spec["workerGroupSpecs"]]
    return [group["template"]["spec"] for group in groups]


def test_kuberay_asks_for_the_token() -> None:
    manifest = load("kuberay.yaml")
    assert (manifest["apiVersion"], manifest["kind"]) == ("ray.io/v1", "RayCluster")
    assert manifest["spec"]["authOptions"] == {"mode": "token", "secretName": "glowray-token"}
    assert manifest["spec"]["rayVersion"] == RAY
    assert "create secret generic glowray-token --from-literal=auth_token=" in DOCUMENT


@pytest.mark.parametrize("number", [0, 1])
def test_kuberay_runs_one_image_without_rights(number: int) -> None:
    pod = pods()[number]
    assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] == USER
    assert pod["automountServiceAccountToken"] is False
    (container,) = pod["containers"]
    assert container["image"] == pods()[0]["containers"][0]["image"]
    assert container["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    assert not [variable for variable in container["env"] if "TOKEN" in variable["name"]]


def test_kuberay_has_the_network_settings_of_glowray() -> None:
    from glowray.cluster.host.environment import NETWORK

    for pod in pods():
        found = {variable["name"]: variable["value"] for variable in pod["containers"][0]["env"]}
        assert found.items() >= NETWORK.items()
        assert found["RAY_enable_metrics_collection"] == "0" and found["DASHBOARD_METRIC_PORT"] == "-1"


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_accepts_the_unit(unit: str, tmp_path: Path) -> None:
    text = (FOLDER / unit).read_text(encoding="utf-8")
    assert "/opt/glowray/bin/glowray " in text
    (tmp_path / unit).write_text(text.replace("/opt/glowray/bin/glowray ", f"{sys.executable} "))  # must exist
    run_tool("systemd-analyze", "verify", tmp_path / unit)


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_runs_a_node_in_the_foreground_as_its_own_user(unit: str) -> None:
    found = settings(unit)
    assert found["User"] == ["glowray"] and found["NoNewPrivileges"] == ["yes"] and found["ProtectSystem"] == ["strict"]
    assert found["Restart"] == ["on-failure"] and found["CapabilityBoundingSet"] == [""]
    (line,) = found["ExecStart"]
    words = line.replace("${GLOWRAY_HOST}", "127.0.0.1").replace("${GLOWRAY_ADDRESS}", "127.0.0.1:6379")
    words = words.replace("/etc/glowray/token", str(FOLDER / unit))  # any file
    assert parsed(shlex.split(words)[1:])["block"]
    assert "/etc/glowray/token" in line + " ".join(found["Environment"])
    assert "RAY_AUTH_TOKEN=" not in " ".join(found["Environment"])


def test_the_units_differ_in_their_command_only() -> None:
    head, worker = (settings(unit) for unit in UNITS)
    different = {name for name in head.keys() | worker.keys() if head.get(name) != worker.get(name)}
    assert different == {"Description", "ExecStart", "Environment"}


def test_the_document_names_each_variable_and_file() -> None:
    for unit in UNITS:
        assert unit in DOCUMENT
        for name in re.findall(r"\$\{(\w+)\}", (FOLDER / unit).read_text(encoding="utf-8")):
            assert f"echo {name}=" in DOCUMENT
    for name in FOLDER.iterdir():
        assert name.name.removesuffix(".dockerignore") in DOCUMENT or name.name == "compose.yaml"


def test_the_ports_in_the_document_are_those_of_the_scan() -> None:
    told: dict[str, set[str]] = {}
    for line in DOCUMENT[DOCUMENT.index("## Ports") :].splitlines():
        if line.startswith("| `"):
            process, _, protocol, answers = (cell.strip() for cell in line.strip("|").split("|"))
            told[process.strip("`")] = {protocol} | set(re.findall(r"`([^`]+)`", answers))
    grpc = {answer.removesuffix(" OK").rpartition(".")[2] for answer in GRPC_ANSWERS}
    assert grpc == {"Health/Check", "ServerReflection/ServerReflectionInfo"}
    short = {"Health/Check", "ServerReflectionInfo"}
    assert told.keys() == EVERYWHERE
    for process, answers in told.items():
        protocols = set(", ".join(answers - short - OPEN.get(process, set())).split(", "))
        assert answers >= OPEN.get(process, set())
        assert protocols == ({"gRPC"} if answers >= short else set()) | ({"HTTP"} if process in OPEN else set())
