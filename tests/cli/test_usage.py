"""Test the messages of commands that are used wrongly or find nothing to act on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import glowray as gr
from glowray_cli import examples
from glowray_cli.main import app
from glowray_cli.options import UNITS, amount, labels
from tests.cluster.machine import Machine

COMMANDS = [
    "up", "join", "status", "down", "dashboard", "top", "run", "report", "plot", "explain", "send",
    "receive", "examples",
]  # fmt: skip


def said_here(*arguments: str, code: int) -> tuple[str, str]:
    """Return the standard output and error of a command that runs in this process and fails before it does anything."""
    done = CliRunner().invoke(app, arguments, prog_name="glowray", env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert done.exit_code == code, done.output
    return done.stdout, done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    shown, errors = said_here(command, "--help", code=0)
    assert f"glowray {command}" in shown and "--debug" in shown and not errors
    assert f"Example: glowray {command}" in shown


@pytest.mark.parametrize("command", [[], *([each] for each in COMMANDS)])
def test_a_help_shows_no_types_of_python(command: list[str]) -> None:
    shown, _ = said_here(*command, "--help", code=0)
    assert not re.findall(r"<\w[^<>=]*>", shown)


def test_the_commands_are_listed(machine: Machine) -> None:
    shown = machine.run("--help").stdout
    assert all(command in shown for command in COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["up", "--port", "70000"], "--port"),
        (["up", "--num-cpus", "-1"], "--num-cpus"),
        (["up", "--memory", "plenty"], "is no amount of memory"),
        (["up", "--label", "zone"], "is no label"),
        (["join"], "HOST:PORT"),
        (["join", "somewhere"], "is no address"),
        (["status", "--address", "ray://somewhere:1"], "is no address"),
        (["run"], "SCRIPT"),
        (["no-such-command"], "no-such-command"),
        (["staus"], "No such command 'staus'. Did you mean 'status'?"),
        (["--versoin"], "No such option: --versoin. Did you mean '--version'?"),
        (["status", "--adress", "x"], "No such option: --adress. Did you mean '--address'?"),
        (["run", "--tokn-file", "x"], "No such option: --tokn-file. Did you mean '--token-file'?"),
        (["examples", "wordcount"], "there is no example 'wordcount'. Did you mean 'word_count'"),
    ],
)
def test_wrong_usage_ends_with_2(arguments: list[str], said: str) -> None:
    shown, errors = said_here(*arguments, code=2)
    assert said in errors and not shown


def test_the_versions() -> None:
    ray = importlib.metadata.version("ray")
    shown, _ = said_here("--version", code=0)
    assert shown == f"glowray {gr.__version__}, Python {platform.python_version()}, Ray {ray}\n"


@pytest.mark.process
def test_it_is_a_module_too(machine: Machine) -> None:
    command = [sys.executable, "-m", "glowray", "staus"]
    done = subprocess.run(command, env=machine.environment(), capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.startswith("Usage: glowray [OPTIONS]")


@pytest.mark.process
@pytest.mark.parametrize(
    ("words", "wanted"),
    [("glowray sta", "status"), ("glowray examples word_", "word_count"), ("glowray status --add", "--address")],
)
def test_the_shell_completes(words: str, wanted: str) -> None:
    place = str(len(words.split()) - 1)
    asked = {"_GLOWRAY_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": place}
    command = [sys.executable, "-m", "glowray"]
    done = subprocess.run(command, env={**os.environ, **asked}, capture_output=True, text=True)
    assert done.stdout.split() == [wanted], done.stderr


@pytest.mark.process
def test_help_loads_nothing_heavy() -> None:
    code = "import sys, glowray_cli.main; sys.exit(' '.join({'numpy', 'pyarrow', 'ray'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert not done.stderr.strip(), "it takes a second to import"


def test_wrong_usage_as_a_process(machine: Machine) -> None:
    done = machine.run("no-such-command", code=2)
    assert "no-such-command" in done.stderr and not done.stdout


@pytest.mark.parametrize("command", [["status"], ["dashboard"]])
def test_an_error_of_glowrays_own_is_one_line_and_a_hint(machine: Machine, command: list[str]) -> None:
    lines = machine.run(*command, code=1).stderr.splitlines()
    assert lines == [
        "Error: no cluster is named, and none was started here",
        "Hint:  run `glowray up`, or give an address or GLOWRAY_ADDRESS",
    ]


def test_debug_shows_where_an_error_came_from(machine: Machine) -> None:
    said = machine.run("status", "--debug", code=1).stderr
    assert said.startswith("Traceback") and "glowray.errors.ClusterError: no cluster is named" in said


def test_a_token_file_that_others_can_read_is_refused(machine: Machine) -> None:
    path = machine.folder / "token"
    path.write_text("secret")
    path.chmod(0o644)
    said = machine.run("join", "127.0.0.1:1", "--token-file", path, code=1).stderr
    assert said == f"Error: the token file {path} can be read by other users\nHint:  run: chmod 600 {path}\n"


def test_a_cluster_that_is_not_there_is_named_at_once(machine: Machine) -> None:
    said = machine.run("status", "--address", "127.0.0.1:1", code=1, RAY_AUTH_TOKEN="x").stderr
    assert said.startswith("Error: no cluster answers at 127.0.0.1:1 (Connection refused)\nHint:")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.200", "no.such.host.invalid"])
def test_a_head_cannot_be_at_an_address_that_is_not_here(machine: Machine, host: str) -> None:
    assert machine.run("up", "--host", host, code=1).stderr.startswith(f"Error: {'the host ' if 'no' in host else ''}")
    assert not machine.records()


@given(st.integers(0, 2**50), st.sampled_from(sorted(UNITS)), st.sampled_from(["", "B"]))
def test_memory_is_read_with_its_unit(number: int, unit: str, suffix: str) -> None:
    assert amount(f"{number}{unit}{suffix}") == number * UNITS[unit]


def test_labels_are_pairs_and_the_last_of_a_key_counts() -> None:
    assert labels(["a=b", "c=d=e", "a=f"]) == {"a": "f", "c": "d=e"}
    assert labels(None) == {}


def test_an_error_of_any_kind_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise PermissionError(13, "Permission denied", "examples")

    monkeypatch.setenv("GLOWRAY_DEBUG", "")  # and the setting of --debug is undone
    monkeypatch.setattr(examples, "packaged", refuse)
    _, said = said_here("examples", code=1)
    assert said.splitlines() == [
        "Error: PermissionError: [Errno 13] Permission denied: 'examples'",
        "Hint:  --debug shows where it was raised",
    ]
    _, said = said_here("examples", "--debug", code=1)
    assert said.startswith("Traceback") and "in refuse" in said


@pytest.mark.process
@pytest.mark.parametrize("command", [("status",), ("examples",), ("--help",), ("explain", "--json", "script.py")])
def test_a_reader_that_has_gone_is_no_error(machine: Machine, command: tuple[str, ...]) -> None:
    """Check output that a program such as `head` reads no further."""
    (machine.folder / "script.py").write_text("import glowray as gr\ngr.Flow(engine='inline').from_range(3).sum()\n")
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        machine.command(*command),
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        env=machine.environment(),
        cwd=machine.folder,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")
