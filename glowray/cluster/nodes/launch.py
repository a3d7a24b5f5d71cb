"""How a node starts: its supervisor is started and reports when the node is ready."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import select
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

from glowray.cluster.host.environment import node_environment
from glowray.cluster.host.home import home, private_folder
from glowray.cluster.host.ports import is_loopback
from glowray.cluster.host.processes import Process, end
from glowray.cluster.host.record import FOLDER_PREFIX, Kind, NodeRecord, new_name, records
from glowray.cluster.nodes.supervisor import Order
from glowray.cluster.security import tls
from glowray.cluster.security.enrolment import enrol
from glowray.cluster.security.gateway import Gate
from glowray.cluster.security.token import read_token
from glowray.errors import ClusterError

START_SECONDS = 180.0
END_SECONDS = 20.0
KEPT_LOGS = 10
LEAST_FREE_BYTES = 16 << 20
"""The free bytes of a disk below which it is full: Ray cannot write its logs and sockets."""
LONGEST_SOCKET = "/glowray-12345678/ray/session_2026-12-01_07-33-46_676100_1234567/sockets/dash_TaskEventsHead"
"""The longest path of a Ray socket below the folder for temporary files. It ends with the id of a process."""
LONGEST_TEMPORARY = 107 - len(LONGEST_SOCKET)
"""The longest folder for temporary files, as the path of a socket may have at most 107 bytes."""


@dataclasses.dataclass(frozen=True)
class NodeResources:
    """The resources of a node: CPUs, bytes of memory for tasks, and labels for tasks. None: Ray decides."""

    num_cpus: int | None = None
    memory: int | None = None
    labels: dict[str, str] = dataclasses.field(default_factory=dict)


def launch(
    kind: Kind,
    host: str,
    token_file: Path,
    resources: NodeResources,
    *,
    address: str = "",
    use_tls: bool = False,
    gate: Gate | None = None,
    foreground: bool = False,
    rejoin_seconds: float = 0.0,
    **parameters: Any,
) -> NodeRecord:
    """Start a node with the IP address `host`; return its record once it is ready.

    For a worker, `address` is the head's HOST:PORT, and `rejoin_seconds` is how long it tries to come back to a lost
    head. For a head with TLS, `gate` has the addresses for other machines. `parameters` are Ray's own. With
    `foreground` the node ends with this process.

    Raises ClusterError, with the path of the log, if Ray does not start.
    """
    if not sys.platform.startswith("linux"):
        raise ClusterError("clusters need Linux; jobs run on this machine without one")
    name = new_name(kind)
    folder = _new_folder()
    log = _new_log(name)
    record = NodeRecord(name, kind, address, str(token_file), str(folder), str(log), tls=use_tls)
    order = Order(record, _parameters(host, folder, resources) | parameters, foreground, gate, rejoin_seconds)
    try:
        settings = _certificates(record, host) if use_tls else {}
        environment = node_environment(name, token_file, is_loopback(host), settings)
        supervisor = _spawn(environment | {"TMPDIR": str(_temporary(folder))}, log)
    except BaseException:
        shutil.rmtree(folder)
        raise
    try:
        _wait_until_ready(supervisor, order, log)
    except BaseException:
        _abandon(supervisor, folder)
        raise
    return next(found for found in records() if found.name == name)


def _parameters(host: str, folder: Path, resources: NodeResources) -> dict[str, Any]:
    return {
        "node_ip_address": host,
        "node_name": host,
        "temp_dir": str(folder / "ray"),
        "num_cpus": resources.num_cpus,
        "memory": resources.memory,
        "labels": resources.labels,
        "env_vars": {"TMPDIR": tempfile.gettempdir()},  # tasks and jobs use this machine's usual folder
        "dashboard_agent_listen_port": 0,  # a free port, as two nodes on one machine would both take Ray's default
        "ray_client_server_port": None,
        "no_monitor": True,  # Ray's autoscaler is not used here, and its metrics port answers without a token
    }


def _certificates(record: NodeRecord, host: str) -> dict[str, str]:
    """Return the node's TLS settings. A worker gets its certificate now; a head's supervisor makes its own later."""
    token = read_token(Path(record.token_file))
    tls.check_possible(token)
    return (
        enrol(record.certificates, record.address, token, [host])
        if record.address
        else tls.settings(record.certificates)
    )


def _temporary(folder: Path) -> Path:
    """Make the folder for temporary files of Ray's own processes, which are often killed before they remove them."""
    made = folder / "tmp"
    made.mkdir(mode=0o700)
    return made


def _new_folder() -> Path:
    """Make a folder for Ray that other users cannot enter. Ray makes its own folders with mode 0777."""
    usual = tempfile.gettempdir()
    return Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir=usual if len(usual) <= LONGEST_TEMPORARY else "/tmp"))


def _new_log(name: str) -> Path:
    logs = private_folder(home() / "logs")
    for old in sorted(logs.iterdir(), key=lambda entry: entry.stat().st_mtime)[:-KEPT_LOGS]:
        shutil.rmtree(old, ignore_errors=True)
    return private_folder(logs / name) / "supervisor.log"


def _spawn(environment: dict[str, str], log: Path) -> subprocess.Popen[str]:
    with log.open("w") as output:
        return subprocess.Popen(
            # -P: Python does not import modules from the current folder.
            [sys.executable, "-P", "-m", "glowray.cluster.nodes.supervisor"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
            env=environment,
            start_new_session=True,  # a terminal sends Ctrl-C to the command only, which ends the node in order
        )


def _wait_until_ready(supervisor: subprocess.Popen[str], order: Order, log: Path) -> None:
    stdin, stdout = _pipes(supervisor)
    try:
        stdin.write(order.to_json() + "\n")
        stdin.flush()
    except BrokenPipeError:
        pass  # the supervisor ended at once; its log says why
    if order.foreground:
        os.dup(stdin.fileno())  # stays open until this process ends, which then ends the node
    stdin.close()
    ready, _, _ = select.select([stdout], [], [], START_SECONDS)
    answer = stdout.readline().strip() if ready else f"nothing was heard for {START_SECONDS:.0f} s"
    stdout.close()
    if answer != "ready":
        reason = answer or "its supervisor ended"
        raise ClusterError(f"Ray did not start: {reason}{_full_disk(Path(order.record.folder))}; see {log}")


def _full_disk(folder: Path) -> str:
    """Return the end of a sentence if the disk with Ray's files has hardly any room, else ""."""
    with contextlib.suppress(OSError):
        if shutil.disk_usage(folder.parent).free < LEAST_FREE_BYTES:
            return f" on a full disk: make room in {folder.parent}, or set TMPDIR to a folder of another disk"
    return ""


def _pipes(supervisor: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert supervisor.stdin is not None and supervisor.stdout is not None
    return supervisor.stdin, supervisor.stdout


def _abandon(supervisor: subprocess.Popen[str], folder: Path) -> None:
    process = Process.of(supervisor.pid)
    if process is not None:
        end([process], END_SECONDS)
    supervisor.wait()
    shutil.rmtree(folder, ignore_errors=True)
