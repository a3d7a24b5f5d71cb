"""Hosts on one machine. Each has its own network namespace, processes and shared memory, and a cable to unplug."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from glowray.cluster.host.processes import Process

CLONE_NEWNET = 0x40000000
MISSING = "two hosts need network namespaces, that is root and the `ip` command (iproute2)"
# Each host has its own /dev/shm, which holds its object store. Other hosts do not see its processes.
HOST = "mount -t tmpfs -o size=12g tmpfs /dev/shm && echo ready && exec sleep infinity"


@dataclass(frozen=True)
class Host:
    """A host. A command after `prefix` runs on it."""

    address: str
    hub: str
    cable: str
    prefix: list[str]
    pids: str
    """The name of its namespace of pids."""

    def processes(self) -> list[Process]:
        """Return the living processes of this host, by their pids in the namespace of this process."""
        found = [Process.of(int(name)) for name in os.listdir("/proc") if name.isdigit() and self._has(name)]
        return [process for process in found if process is not None and process.is_alive()]

    def _has(self, pid: str) -> bool:
        try:
            return os.readlink(f"/proc/{pid}/ns/pid") == self.pids
        except OSError:  # the process has ended
            return False

    def cut(self) -> None:
        """Unplug the cable: packets are lost without an error."""
        ip("-n", self.hub, "link", "set", self.cable, "down")

    def mend(self) -> None:
        """Plug the cable in again."""
        ip("-n", self.hub, "link", "set", self.cable, "up")

    def lose_route(self, other: Host) -> None:
        """Drop packets to one other host; all other hosts can still be reached."""
        ip("-n", self.cable, "route", "add", "blackhole", f"{other.address}/32")

    def find_route(self, other: Host) -> None:
        """Restore the route to another host."""
        ip("-n", self.cable, "route", "delete", "blackhole", f"{other.address}/32")


def can_make_hosts() -> bool:
    """Return whether this process may make network namespaces."""
    return shutil.which("ip") is not None and shutil.which("nsenter") is not None and os.geteuid() == 0


def ip(*words: str) -> None:
    """Run one `ip` command."""
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


@contextmanager
def new_hosts(tag: str, addresses: Sequence[str]) -> Iterator[list[Host]]:
    """Make a host for each address, all on one bridge. Namespaces are named after `tag`, of at most 10 characters."""
    hub = f"{tag}n"  # The bridge has its own namespace, so the machine's network does not change.
    spaces: list[str] = []
    keepers: list[subprocess.Popen[str]] = []
    try:
        ip("netns", "add", hub)
        spaces.append(hub)
        ip("-n", hub, "link", "add", "name", "bridge", "type", "bridge")
        ip("-n", hub, "link", "set", "bridge", "up")
        hosts = []
        for number, address in enumerate(addresses):
            space = f"{tag}{number}"
            ip("netns", "add", space)
            spaces.append(space)
            ip("-n", space, "link", "set", "lo", "up")
            ip("-n", hub, "link", "add", space, "type", "veth", "peer", "name", "eth0", "netns", space)
            ip("-n", hub, "link", "set", space, "master", "bridge", "up")
            ip("-n", space, "addr", "add", f"{address}/24", "dev", "eth0")
            ip("-n", space, "link", "set", "eth0", "up")
            keepers.append(_keeper(space))
            pid = _first_process(keepers[-1])
            prefix = ["nsenter", "--target", pid, "--pid", "--mount", "--net", "--"]
            hosts.append(Host(address, hub, space, prefix, os.readlink(f"/proc/{pid}/ns/pid")))
        yield hosts
    finally:
        for keeper in keepers:
            keeper.kill()  # It ends `sleep`, the first process of the host, and so all others.
            keeper.communicate()
        for space in spaces:
            ip("netns", "delete", space)


def _keeper(space: str) -> subprocess.Popen[str]:
    """Start the process that keeps a host's namespaces alive. They exist when this returns."""
    apart = ["unshare", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc"]
    command = ["ip", "netns", "exec", space, *apart, "sh", "-c", HOST]
    keeper = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    assert keeper.stdout is not None and keeper.stdout.readline() == "ready\n"
    return keeper


def _first_process(keeper: subprocess.Popen[str]) -> str:
    """Return the pid of the first process of a host, which is the child of `keeper`."""
    with open(f"/proc/{keeper.pid}/task/{keeper.pid}/children") as file:
        return file.read().split()[0]


def enter_hub(hosts: Sequence[Host], address: str) -> None:
    """Move the calling thread, and all that it starts, to the bridge of the hosts. They reach it at `address`."""
    hub = hosts[0].hub
    ip("-n", hub, "addr", "add", f"{address}/24", "dev", "bridge")
    ip("-n", hub, "link", "set", "lo", "up")
    with open(f"/run/netns/{hub}") as space:
        if ctypes.CDLL(None, use_errno=True).setns(space.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "cannot enter the network of the hosts")
