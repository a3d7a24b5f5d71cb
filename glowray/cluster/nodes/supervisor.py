"""`python -m glowray.cluster.nodes.supervisor`: start one node's Ray processes, watch them, and end them.

It uses Ray's Node and not `ray start`, because that command moves a node away from 127.0.0.1. The order is a line of
JSON on stdin; the answer on stdout is "ready", or the reason why not. While the supervisor lives, all processes of the
node are below it, orphans included. When it dies, the kernel kills Ray's processes. A node in the foreground lasts as
long as stdin stays open.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import json
import os
import select
import shutil
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import IO, Any

from glowray.cluster.client.dashboard import dashboard_of, publish_dashboard
from glowray.cluster.client.versions import publish
from glowray.cluster.host.ports import Reach
from glowray.cluster.host.processes import Process, children, descendants, end
from glowray.cluster.host.record import NodeRecord
from glowray.cluster.nodes.patience import start_patiently
from glowray.cluster.nodes.rejoin import LOOK_SECONDS, HeadWatch, is_same_head, wait_for_head
from glowray.cluster.security.gateway import Gate, Gateway
from glowray.cluster.security.token import read_token

PR_SET_CHILD_SUBREAPER = 36
GRACE_SECONDS = 2.0  # for processes that Ray itself has not ended


@dataclasses.dataclass(frozen=True)
class Order:
    """The order to start a node: its record, Ray's parameters, and whether it ends with the process that ordered it.

    For a head with TLS, `gate` has the addresses for other machines. `rejoin_seconds` is how long a worker tries to
    come back to a lost head.
    """

    record: NodeRecord
    parameters: dict[str, Any]
    foreground: bool = False
    gate: Gate | None = None
    rejoin_seconds: float = 0.0

    def to_json(self) -> str:
        """Return the order as one line of JSON."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Order:
        """Return the order that `to_json` wrote."""
        fields = json.loads(text)
        gate = fields["gate"] and Gate(**fields["gate"])
        return cls(**fields | {"record": NodeRecord(**fields["record"]), "gate": gate})


def main() -> int:
    """Carry out the order on stdin; return the exit code."""
    stdin, stdout = _private_descriptors()
    signal.signal(signal.SIGTERM, _leave)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with os.fdopen(stdin) as orders, os.fdopen(stdout, "w") as answers:
        order = Order.from_json(orders.readline())
        record = dataclasses.replace(order.record, processes=_alive([os.getpid()])).save()
        if order.foreground:
            threading.Thread(target=_end_with, args=(orders.fileno(),), daemon=True).start()
        try:
            gateway = _open_gateway(order)
            node = _start(order, gateway)
            record = _describe(record, node).save()
        except BaseException as error:
            traceback.print_exc()
            print(f"{type(error).__name__}: {error}".splitlines()[0], file=answers)
            _end_all(record)
            return 1
        return _keep(order, record, node, answers)


def _private_descriptors() -> tuple[int, int]:
    """Return copies of stdin and stdout, and give Ray's processes /dev/null and the log in their place."""
    stdin, stdout = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return stdin, stdout


def _leave(number: int, frame: object) -> None:
    # Ignore a second signal, which must not interrupt the ending.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(0)


def _end_with(pipe: int) -> None:
    """End this process when the other end of `pipe` is closed."""
    while os.read(pipe, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _open_gateway(order: Order) -> Gateway | None:
    """Open the gateway of a head with TLS. This makes the head's certificates, so Ray starts afterwards."""
    if order.gate is None:
        return None
    return Gateway(order.gate, order.record.certificates, read_token(Path(order.record.token_file)))


def _start(order: Order, gateway: Gateway | None) -> Any:
    from ray._private.node import Node
    from ray._private.parameter import RayParams
    from ray._private.utils import write_ray_address

    head = order.record.kind == "head"
    parameters = RayParams(**order.parameters)
    # spawn_reaper: if this process dies, the kernel sends SIGKILL to Ray's processes.
    node = start_patiently(lambda: Node(parameters, head=head, shutdown_at_exit=False, spawn_reaper=True))
    # A job reads its cluster's address from this file. Without it, a job would take any cluster on this machine.
    write_ray_address(order.record.address or node.address, parameters.temp_dir)
    if head:
        publish(node.get_gcs_client())
    if head and not order.parameters["include_dashboard"]:
        publish_dashboard(node.get_gcs_client(), "")
    if gateway is not None and gateway.dashboard:
        gateway.carry_to(node.webui_url)
        publish_dashboard(node.get_gcs_client(), gateway.dashboard)
    return node


def _describe(record: NodeRecord, node: Any) -> NodeRecord:
    started = _alive([os.getpid(), *(info.process.pid for infos in node.all_processes.values() for info in infos)])
    return dataclasses.replace(
        record,
        address=record.address or node.address,
        dashboard=dashboard_of(node.get_gcs_client()),
        processes=started,
        others=tuple(process for process in descendants(started) if process not in started),
    )


def _alive(pids: list[int]) -> tuple[Process, ...]:
    return tuple(process for process in map(Process.of, pids) if process is not None)


def _keep(order: Order, record: NodeRecord, node: Any, answers: IO[str]) -> int:
    """Report that the node is ready. Keep it until a signal comes or the node is lost. Return the exit code."""
    failure = ""
    try:
        with contextlib.suppress(SystemExit):
            print("ready", file=answers, flush=True)
            while not (failure := _watch(record, node)):
                _end_ray(node)
                _note(record, f"the head at {record.address} was lost; trying to come back")
                try:
                    node = _come_back(order, record)
                except Exception as error:  # any error is the reason why the node ends
                    failure = _first_line(error)
                    break
                record = _note(_describe(record, node), "")
        _say(failure or "ending the node, as it was asked to")
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        try:
            node.kill_all_processes(check_alive=False, allow_graceful=True)
        finally:
            _end_all(record, failure)
    return 1 if failure else 0


def _come_back(order: Order, record: NodeRecord) -> Any:
    """Wait until the head answers, and start Ray again. Retry a failed start until the time to rejoin is over."""
    deadline = time.monotonic() + order.rejoin_seconds
    while True:
        wait_for_head(record, order.parameters["node_ip_address"], order.rejoin_seconds, deadline)
        try:
            return _start(order, None)
        except Exception as error:  # the head may be lost again, or may still list the node that was lost
            if time.monotonic() > deadline:
                raise
            _say(f"Ray did not start, trying again: {_first_line(error)}")
            _end_descendants()


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _watch(record: NodeRecord, node: Any) -> str:
    """Wait until one of Ray's processes ends by itself; return its name, or "" if the lost head is the reason.

    Meanwhile, reap the orphans that become children of this process.
    """
    head, trouble = HeadWatch(record.address), ""
    is_worker = record.kind == "worker"
    read_end, write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    poll = select.poll()
    poll.register(read_end, select.POLLIN)
    try:
        while True:
            if is_worker and head.look() is Reach.REFUSED:
                return ""
            if head.trouble != trouble:
                trouble = head.trouble
                _note(record, trouble)
            dead = node.dead_processes()
            if dead:
                is_head_lost = is_worker and (head.was_missed() or not is_same_head(record, node.session_name))
                return "" if is_head_lost else f"{dead[0][0]} ended by itself"
            _reap_orphans({info.process.pid for infos in node.all_processes.values() for info in infos})
            if poll.poll(LOOK_SECONDS * 1000 if is_worker else None):
                os.read(read_end, 4096)
    finally:
        signal.set_wakeup_fd(-1)
        os.close(read_end)
        os.close(write_end)


def _end_ray(node: Any) -> None:
    """End Ray's processes and the processes that they have started, but not this one."""
    node.kill_all_processes(check_alive=False, allow_graceful=True)
    _end_descendants()


def _note(record: NodeRecord, trouble: str) -> NodeRecord:
    """Write the node's problem to the log and the record. "" means that the node works."""
    _say(trouble or f"the node works for the head at {record.address}")
    return dataclasses.replace(record, trouble=trouble).save()


def _say(text: str) -> None:
    print(time.strftime("%Y-%m-%d %H:%M:%S"), text, file=sys.stderr, flush=True)


def _reap_orphans(own: set[int]) -> None:
    """Reap ended children that are not Ray's own: a Popen waits for each of Ray's."""
    for pid in children(os.getpid()) - own:
        os.waitpid(pid, os.WNOHANG)


def _end_all(record: NodeRecord, failure: str = "") -> None:
    """End every descendant, keep the logs, remove the folder. A node that failed stays on record until `down`."""
    _end_descendants()
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:  # reap all children, as init may not
            pass
    _keep_logs(record)
    shutil.rmtree(record.folder, ignore_errors=True)
    if failure:
        dataclasses.replace(record, processes=(), others=(), failure=failure).save()
    else:
        record.remove()


def _end_descendants() -> None:
    me = Process.of(os.getpid())
    end([process for process in descendants([me] if me else []) if process != me], GRACE_SECONDS)


def _keep_logs(record: NodeRecord) -> None:
    for logs in Path(record.folder).glob("ray/session_2*/logs"):
        shutil.copytree(logs, Path(record.log).parent / "ray", dirs_exist_ok=True, ignore_dangling_symlinks=True)


if __name__ == "__main__":
    sys.exit(main())
