"""Hosts on one machine. Each has its own network namespace, processes and shared memory, and a cable to unplug."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

MISSING = "two hosts need network namespaces, that is root and the `ip` command (iproute2)"
# Each host has its own /dev/shm, which holds its object store. Other hosts do not see its processes.
HOST = "mount -t tmpfs -o size=4g tmpfs /dev/shm && echo ready && exec sleep infinity"


@dataclass(frozen=True)
class Host:
    """A host. A command after `prefix` runs on it."""

    address: str
    hub: str
    cable: str
    prefix: list[str]

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
            hosts.append(Host(address, hub, space, ["nsenter", *_inside(keepers[-1]), "--"]))
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


def _inside(keeper: subprocess.Popen[str]) -> list[str]:
    """Return the options of nsenter for the namespaces of the process below `keeper`."""
    children = f"/proc/{keeper.pid}/task/{keeper.pid}/children"
    with open(children) as file:
        return ["--target", file.read().split()[0], "--pid", "--mount", "--net"]
