"""`python -m glowray.cluster.supervisor`: starts one node's Ray processes, watches them, and ends them.

It goes through Ray's Node rather than `ray start`, because that command moves a node off 127.0.0.1. The order comes
as a line of JSON on stdin; «ready», or why not, leaves on stdout. While it lives it is the parent of everything that
the node starts, orphans included; when it dies, the kernel takes Ray's processes with it. An order in the foreground
lasts as long as stdin stays open.
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

from glowray.cluster.dashboard import publish_dashboard
from glowray.cluster.gateway import Gate, Gateway
from glowray.cluster.patience import start_patiently
from glowray.cluster.ports import Reach
from glowray.cluster.processes import Process, children, descendants, end
from glowray.cluster.record import NodeRecord
from glowray.cluster.rejoin import LOOK_SECONDS, HeadWatch, wait_for_head
from glowray.cluster.token import read_token
from glowray.cluster.versions import publish

PR_SET_CHILD_SUBREAPER = 36
GRACE_SECONDS = 2.0  # for what Ray itself has not ended


@dataclasses.dataclass(frozen=True)
class Order:
    """The order to start a node: its record, Ray's parameters, and whether it ends with the process that ordered it.

    `gate` is where a head with TLS lets other machines in. A worker that loses its head tries for `rejoin_seconds` to
    come back to it.
    """

    record: NodeRecord
    parameters: dict[str, Any]
    foreground: bool = False
    gate: Gate | None = None
    rejoin_seconds: float = 0.0

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Order:
        """The order in a line of JSON."""
        fields = json.loads(text)
        gate = fields["gate"] and Gate(**fields["gate"])
        return cls(**fields | {"record": NodeRecord(**fields["record"]), "gate": gate})


def main() -> int:
    """Carry out the order on stdin; returns the exit code."""
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
            record = _describe(record, node, gateway).save()
        except BaseException as error:
            traceback.print_exc()
            print(f"{type(error).__name__}: {error}".splitlines()[0], file=answers)
            _end_all(record)
            return 1
        return _keep(order, record, node, answers)


def _private_descriptors() -> tuple[int, int]:
    """Our ends of the pipes, kept from Ray's processes, which get /dev/null and the log instead."""
    stdin, stdout = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return stdin, stdout


def _leave(number: int, frame: object) -> None:
    # One signal is enough: a second one must not interrupt the ending.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(0)


def _end_with(pipe: int) -> None:
    """End this process when the other end of `pipe` is closed."""
    while os.read(pipe, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _open_gateway(order: Order) -> Gateway | None:
    """Open the gateway of a head with TLS, before Ray starts: the head's certificates come with it."""
    if order.gate is None:
        return None
    return Gateway(order.gate, order.record.certificates, read_token(Path(order.record.token_file)))


def _start(order: Order, gateway: Gateway | None) -> Any:
    from ray._private.node import Node
    from ray._private.parameter import RayParams
    from ray._private.utils import write_ray_address

    head = order.record.kind == "head"
    parameters = RayParams(**order.parameters)
    # spawn_reaper: the kernel sends SIGKILL to Ray's processes should this one die.
    node = start_patiently(lambda: Node(parameters, head=head, shutdown_at_exit=False, spawn_reaper=True))
    # A job asks this file for its cluster; without it, it would take any other that runs on this machine.
    write_ray_address(order.record.address or node.address, parameters.temp_dir)
    if head:
        publish(node.get_gcs_client())
    if gateway is not None and gateway.dashboard:
        gateway.carry_to(node.webui_url)
        publish_dashboard(node.get_gcs_client(), gateway.dashboard)
    return node


def _describe(record: NodeRecord, node: Any, gateway: Gateway | None) -> NodeRecord:
    started = _alive([os.getpid(), *(info.process.pid for infos in node.all_processes.values() for info in infos)])
    return dataclasses.replace(
        record,
        address=record.address or node.address,
        dashboard=(gateway and gateway.dashboard) or f"http://{node.webui_url}",
        processes=started,
        others=tuple(process for process in descendants(started) if process not in started),
    )


def _alive(pids: list[int]) -> tuple[Process, ...]:
    return tuple(process for process in map(Process.of, pids) if process is not None)


def _keep(order: Order, record: NodeRecord, node: Any, answers: IO[str]) -> int:
    """Say that the node is ready, and keep it until a signal comes or it is lost for good; returns the exit code."""
    failure = ""
    try:
        with contextlib.suppress(SystemExit):
            print("ready", file=answers, flush=True)
            while not (failure := _watch(record, node)):
                _end_ray(node)
                _note(record, f"the head at {record.address} was lost; trying to come back")
                try:
                    node = _come_back(order, record)
                except Exception as error:  # whatever it is, it is why the node ends
                    failure = _first_line(error)
                    break
                record = _note(_describe(record, node, None), "")
        _say(failure or "ending the node, as it was asked to")
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        try:
            node.kill_all_processes(check_alive=False, allow_graceful=True)
        finally:
            _end_all(record, failure)
    return 1 if failure else 0


def _come_back(order: Order, record: NodeRecord) -> Any:
    """Start Ray again once the head answers. A start that fails is tried again until the time to rejoin is over."""
    deadline = time.monotonic() + order.rejoin_seconds
    while True:
        wait_for_head(record, order.parameters["node_ip_address"], deadline - time.monotonic())
        try:
            return _start(order, None)
        except Exception as error:  # the head may be lost again meanwhile, or still know the node by its old name
            if time.monotonic() > deadline:
                raise
            _say(f"Ray did not start, trying again: {_first_line(error)}")
            _end_descendants()


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _watch(record: NodeRecord, node: Any) -> str:
    """Wait until one of Ray's processes ends by itself; return its name, or nothing if that is as the head was lost.

    Orphans that come to this process are reaped meanwhile.
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
                return "" if is_worker and head.was_missed() else f"{dead[0][0]} ended by itself"
            _reap_orphans({info.process.pid for infos in node.all_processes.values() for info in infos})
            if poll.poll(LOOK_SECONDS * 1000 if is_worker else None):
                os.read(read_end, 4096)
    finally:
        signal.set_wakeup_fd(-1)
        os.close(read_end)
        os.close(write_end)


def _end_ray(node: Any) -> None:
    """End Ray's processes, and what they have started, but for this one."""
    node.kill_all_processes(check_alive=False, allow_graceful=True)
    _end_descendants()


def _note(record: NodeRecord, trouble: str) -> NodeRecord:
    """Write to the log and the record what is wrong with the node now; an empty text is that nothing is."""
    _say(trouble or f"the node works for the head at {record.address}")
    return dataclasses.replace(record, trouble=trouble).save()


def _say(text: str) -> None:
    print(time.strftime("%Y-%m-%d %H:%M:%S"), text, file=sys.stderr, flush=True)


def _reap_orphans(own: set[int]) -> None:
    """Take leave of ended children that are not Ray's own: those have a Popen that waits for them."""
    for pid in children(os.getpid()) - own:
        os.waitpid(pid, os.WNOHANG)


def _end_all(record: NodeRecord, failure: str = "") -> None:
    """End every descendant, keep the logs, remove the rest; a node that failed stays on record until `down`."""
    _end_descendants()
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:  # the last of the node leaves no zombies to this machine's init
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
