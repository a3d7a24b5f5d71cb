"""Starting a node's supervisor and waiting until it says that the node is there."""

from __future__ import annotations

import dataclasses
import os
import select
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

from glowray.cluster import tls
from glowray.cluster.enrolment import enrol
from glowray.cluster.environment import node_environment
from glowray.cluster.gateway import Gate
from glowray.cluster.home import home, private_folder
from glowray.cluster.ports import is_loopback
from glowray.cluster.processes import Process, end
from glowray.cluster.record import FOLDER_PREFIX, Kind, NodeRecord, new_name, records
from glowray.cluster.supervisor import Order
from glowray.cluster.token import read_token
from glowray.errors import ClusterError

START_SECONDS = 180.0
END_SECONDS = 20.0
KEPT_LOGS = 10
# Ray's sockets lie below its folder, and a socket's path may have 107 bytes.
LONGEST_TEMPORARY = 24


@dataclasses.dataclass(frozen=True)
class Resources:
    """What a node offers: CPUs, memory for tasks in bytes, labels that tasks may ask for; None lets Ray look."""

    num_cpus: int | None = None
    memory: int | None = None
    labels: dict[str, str] = dataclasses.field(default_factory=dict)


def launch(
    kind: Kind,
    host: str,
    token_file: Path,
    resources: Resources,
    *,
    address: str = "",
    use_tls: bool = False,
    gate: Gate | None = None,
    foreground: bool = False,
    rejoin_seconds: float = 0.0,
    **parameters: Any,
) -> NodeRecord:
    """Start a node with the IP address `host`; return its record once it is ready.

    `address` is the head's for a worker, which tries for `rejoin_seconds` to come back when it loses it. `gate` is
    where a head with TLS lets others in; `parameters` are Ray's own. With `foreground` the node ends with this process.

    Raises ClusterError, with the place of the log, when Ray does not start.
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


def _parameters(host: str, folder: Path, resources: Resources) -> dict[str, Any]:
    return {
        "node_ip_address": host,
        "node_name": host,
        "temp_dir": str(folder / "ray"),
        "num_cpus": resources.num_cpus,
        "memory": resources.memory,
        "labels": resources.labels,
        "env_vars": {"TMPDIR": tempfile.gettempdir()},  # tasks and jobs have that of this machine
        "dashboard_agent_listen_port": 0,  # a free one: Ray's fixed default would be taken by a second node
        "ray_client_server_port": None,
        "no_monitor": True,  # nothing here adds or removes nodes by itself, and its metrics port asks for no token
    }


def _certificates(record: NodeRecord, host: str) -> dict[str, str]:
    """The node's TLS settings: a worker gets its certificate now, a head's supervisor makes its own."""
    token = read_token(Path(record.token_file))
    tls.check_possible(token)
    return (
        enrol(record.certificates, record.address, token, [host])
        if record.address
        else tls.settings(record.certificates)
    )


def _temporary(folder: Path) -> Path:
    """The folder for temporary files of Ray's own processes, which are often killed before they remove them."""
    made = folder / "tmp"
    made.mkdir(mode=0o700)
    return made


def _new_folder() -> Path:
    """A folder for Ray that nobody else can enter: Ray makes its own with mode 0777."""
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
            # -P: a module in the current folder never takes the place of an installed one.
            [sys.executable, "-P", "-m", "glowray.cluster.supervisor"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
            env=environment,
            start_new_session=True,  # Ctrl-C in a terminal is for the command, which then ends the node in order
        )


def _wait_until_ready(supervisor: subprocess.Popen[str], order: Order, log: Path) -> None:
    stdin, stdout = _pipes(supervisor)
    try:
        stdin.write(order.to_json() + "\n")
        stdin.flush()
    except BrokenPipeError:
        pass  # it ended at once; what it said is in the log
    if order.foreground:
        os.dup(stdin.fileno())  # never closed: the node ends when the kernel closes it with this process
    stdin.close()
    ready, _, _ = select.select([stdout], [], [], START_SECONDS)
    answer = stdout.readline().strip() if ready else f"nothing was heard for {START_SECONDS:.0f} s"
    stdout.close()
    if answer != "ready":
        raise ClusterError(f"Ray did not start: {answer or 'its supervisor ended'}; see {log}")


def _pipes(supervisor: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert supervisor.stdin is not None and supervisor.stdout is not None
    return supervisor.stdin, supervisor.stdout


def _abandon(supervisor: subprocess.Popen[str], folder: Path) -> None:
    process = Process.of(supervisor.pid)
    if process is not None:
        end([process], END_SECONDS)
    supervisor.wait()
    shutil.rmtree(folder, ignore_errors=True)
