"""Three hosts with a cluster, a disk that they share, small disks for temporary files, and an S3 server."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from glowray.cluster.client.access import CALL_SECONDS, authenticated_gcs, find_access
from glowray.cluster.client.status import NodeStatus, status
from glowray.cluster.host.processes import Process
from glowray.cluster.host.record import NodeRecord
from glowray.engine.ray.calls.stop_tasks import NAMESPACE
from glowray.errors import ClusterError
from tests.cluster.machine import Machine, until
from tests.cluster.network import Host, enter_hub, new_hosts
from tests.cluster.network_faults import name_of, state_of
from tests.stores import S3Bucket, new_bucket, s3_server

ADDRESSES, OUTSIDE = ("198.18.8.1", "198.18.8.2", "198.18.8.3"), "198.18.8.254"
DISK_BYTES, TEMPORARY_BYTES = 64 << 20, 128 << 20
MOUNTS = Path("/mnt")
"""The folder of the hosts' small disks, in the mounts of this process. Its short name leaves room for Ray's sockets."""
SUPERVISOR = b"glowray.cluster.nodes.supervisor"


class Lab:
    """The hosts with their machines. `folder` is on a disk that they share and that has no faults, `disk` may have.

    The bucket is empty. `temporary` are the folders for temporary files, one a host.
    """

    def __init__(self, folder: Path, hosts: list[Host], bucket: S3Bucket) -> None:
        self.folder, self.hosts, self.bucket = folder, hosts, bucket
        self.disk = folder / "disk"
        self.temporary = [MOUNTS / f"t{number}" for number in range(len(hosts))]
        self.machines = [
            Machine(folder / f"host{number}", host.prefix, TMPDIR=str(self.temporary[number]))
            for number, host in enumerate(hosts)
        ]
        self.head: NodeRecord | None = None

    def heal(self, wanted: Iterable[int]) -> None:
        """Bring the cluster to a state in which the hosts `wanted` have a node. The head is always one of them.

        Raises AssertionError, with the logs of all hosts, if that takes too long.
        """
        wanted = list(wanted)
        if not self.runs(0, "gcs_server"):
            self.machines[0].run("down")
            port = self.head.address.rpartition(":")[2] if self.head else 0
            resources = ("--dashboard-port", 0, "--num-cpus", 1)
            self.machines[0].run("up", "--host", self.hosts[0].address, "--port", port, *resources)
            self.head = self.machines[0].record("head")
            # The dashboard starts a dozen processes. Ray gives a worker's agents 15 s, too little beside them.
            until(lambda: not self.computes(0), "the head's processes to have started")
        for number in range(1, len(self.hosts)):
            until(lambda n=number: self.runs(n, "raylet") or not self.supervisors(n), "a worker to come back or end")
            if number not in wanted:
                self.machines[number].run("down")
            elif not self.runs(number, "raylet"):
                self.machines[number].run("down")
                self.join(number)
        try:
            until(lambda: self.alive() == len(wanted), "the cluster to be whole")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.state()}") from None

    def alive(self) -> int:
        """Return how many nodes the head calls alive."""
        return sum(node.is_alive for node in self.nodes())

    def nodes(self) -> Sequence[NodeStatus]:
        """Return the nodes that the head knows, none if it does not answer."""
        assert self.head is not None
        try:
            return status(self.head.address, Path(self.head.token_file)).nodes
        except ClusterError:
            return ()

    def taken(self) -> list[str]:
        """Return the resources that jobs still hold on the living nodes."""
        return [
            f"{node.address} holds {node.total[name] - node.free.get(name, 0):g} of {name}"
            for node in self.nodes()
            if node.is_alive
            for name in node.total
            if node.total[name] - node.free.get(name, 0) > 1e-6
        ]

    def flags(self) -> list[str]:
        """Return the stop flags that are left in Ray's key-value store."""
        assert self.head is not None
        with authenticated_gcs(find_access(self.head.address, Path(self.head.token_file))) as gcs:
            return [f"the flag {key.decode()}" for key in gcs.internal_kv_keys(b"stop:", NAMESPACE, CALL_SECONDS)]

    def join(self, number: int) -> None:
        """Let a host join the cluster."""
        assert self.head is not None
        self.machines[number].join(self.head)

    def close(self) -> None:
        """Stop all nodes."""
        for machine in reversed(self.machines):
            machine.run("down")

    def runs(self, number: int, program: str) -> bool:
        """Return whether a program runs on a host."""
        return bool(self.processes(number, program))

    def processes(self, number: int, program: str) -> list[Process]:
        """Return the processes of a program on a host."""
        return [process for process in self.hosts[number].processes() if name_of(process) == program]

    def computes(self, number: int) -> bool:
        """Return whether any process of a host is running or ready to run."""
        return any(state_letter(process) == "R" for process in self.hosts[number].processes())

    def supervisors(self, number: int) -> list[Process]:
        """Return the supervisors of the nodes on a host."""
        return [process for process in self.hosts[number].processes() if SUPERVISOR in command_of(process)]

    def state(self) -> str:
        """Return what all hosts know: their nodes, processes and logs."""
        lines = []
        for host, machine in zip(self.hosts, self.machines, strict=True):
            lines.append(state_of(machine))
            lines += [f"{process.pid} {command_of(process)[:150]!r}" for process in host.processes()]
        return "\n".join(lines)


def state_letter(process: Process) -> str:
    """Return the state of a process as /proc writes it, empty if it has ended."""
    try:
        return Path(f"/proc/{process.pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0]
    except OSError:
        return ""


def command_of(process: Process) -> bytes:
    """Return the command line of a process, empty if it has ended."""
    try:
        return Path(f"/proc/{process.pid}/cmdline").read_bytes()
    except OSError:
        return b""


@contextmanager
def new_lab(folder: Path) -> Iterator[Lab]:
    """Make the hosts, the disks and the S3 server. This process must have mounts of its own.

    The calling thread moves to the network of the hosts, and stays there.
    """
    with ExitStack() as stack:
        stack.enter_context(mounted_disk(folder / "disk", folder / "disk.image"))
        stack.enter_context(mounted_memory(MOUNTS))
        for number in range(len(ADDRESSES)):
            (MOUNTS / f"t{number}").mkdir()
            stack.enter_context(mounted_memory(MOUNTS / f"t{number}"))
        hosts = stack.enter_context(new_hosts(f"gc{os.getpid() % 10**6}", ADDRESSES))
        enter_hub(hosts, OUTSIDE)
        lab = Lab(folder, hosts, new_bucket(stack.enter_context(s3_server(OUTSIDE))))
        stack.callback(lab.close)
        yield lab


@contextmanager
def mounted_disk(place: Path, image: Path) -> Iterator[None]:
    """Mount a small disk whose blocks are in a file, so that it can hang and be full."""
    with image.open("wb") as file:
        file.truncate(DISK_BYTES)
    run("mkfs.ext4", "-q", "-F", "-m", "0", image)
    place.mkdir()
    run("mount", "-o", "loop", image, place)
    try:
        yield
    finally:
        run("umount", "--lazy", place)


@contextmanager
def mounted_memory(place: Path) -> Iterator[None]:
    """Mount a small disk in memory on a folder."""
    run("mount", "-t", "tmpfs", "-o", f"size={TEMPORARY_BYTES}", "tmpfs", place)
    try:
        yield
    finally:
        run("umount", "--lazy", place)


def run(*words: object) -> None:
    """Run a command of the system."""
    subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True)
