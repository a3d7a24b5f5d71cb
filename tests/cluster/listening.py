"""The ports on which a machine's nodes listen, and their answers to a client without the token."""

from __future__ import annotations

import http.client
import importlib
import ipaddress
import json
import os
import pkgutil
import re
import struct
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import grpc
import ray.core.generated

from glowray.cluster.host.processes import descendants
from glowray.cluster.host.record import records

LISTENING = "0A"
TIMEOUT = 60.0
REFUSED = {"UNAUTHENTICATED", "UNIMPLEMENTED"}
HEALTH = "/grpc.health.v1.Health/Check"
# The raylet's second port. Ray's Python package has no definition of it.
OBJECT_MANAGER = [f"/ray.rpc.ObjectManagerService/{name}" for name in ("Push", "Pull", "FreeObjects")]
REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
PATHS = [
    "/",
    "/api/actors",
    "/api/authentication_mode",
    "/api/cluster_status",
    "/api/gcs_healthz",
    "/api/healthz",
    "/api/jobs/",
    "/api/local_raylet_healthz",
    "/api/serve/applications/",
    "/api/v0/logs",
    "/api/v0/nodes",
    "/api/v0/tasks",
    "/api/version",
    "/events",
    "/logs",
    "/metrics",
    "/nodes?view=summary",
    "/task/traceback",
    "/worker/traceback",
]


@dataclass
class Port:
    """A listening port: `refused` counts requests that needed the token, `open` lists requests answered without it."""

    process: str
    address: str
    protocol: str
    refused: int
    open: list[str]


def ports(outside: str) -> list[Port]:
    """Return all ports of the nodes recorded in this GLOWRAY_HOME. Ports on all interfaces are asked at `outside`."""
    found = []
    for name, address, port in sockets():
        host = outside if ipaddress.ip_address(address).is_unspecified else address
        found.append(ask(name, address, host, port))
    return found


def ask(name: str, address: str, host: str, port: int) -> Port:
    """Send every known request to a port of a host. `name` and `address` are those of its process and socket."""
    protocol = "http" if speaks_http(host, port) else "grpc"
    refused, opened = ask_http(host, port) if protocol == "http" else ask_grpc(host, port, all_methods())
    return Port(name, address, protocol, refused, opened)


def sockets() -> Iterator[tuple[str, str, int]]:
    """Return the process, address and port of every listening TCP socket of the nodes."""
    seen = set()
    for process in descendants(process for record in records() for process in record.processes):
        folder = Path(f"/proc/{process.pid}")
        inodes = {
            match[1] for fd in (folder / "fd").iterdir() if (match := re.fullmatch(r"socket:\[(\d+)\]", link(fd)))
        }
        for inode, address, port in listening(folder):
            if inode in inodes and inode not in seen:
                seen.add(inode)
                yield title(folder), address, port


def link(fd: Path) -> str:
    """Return the target of a file descriptor; "" if it was closed meanwhile."""
    try:
        return os.readlink(fd)
    except FileNotFoundError:
        return ""


def title(folder: Path) -> str:
    """Return the kind of a Ray process."""
    words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
    if words[0].startswith("ray::"):
        own = words[0].strip()
        return own if own in ("ray::DashboardAgent", "ray::RuntimeEnvAgent") else "a worker"
    names = {Path(word).name for word in words}
    return next((name for name in ("gcs_server", "raylet", "dashboard.py") if name in names), " ".join(words))


def listening(folder: Path) -> Iterator[tuple[str, str, int]]:
    """Yield the inode, address and port of each listening socket in a process's network namespace."""
    for table in ("tcp", "tcp6"):
        for line in (folder / "net" / table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTENING:
                host, _, port = fields[1].partition(":")
                yield fields[9], address_of(host), int(port, 16)


def address_of(hexadecimal: str) -> str:
    """Return the address that /proc/net/tcp writes as 32-bit words in the machine's byte order."""
    raw = b"".join(struct.pack("=I", int(hexadecimal[i : i + 8], 16)) for i in range(0, len(hexadecimal), 8))
    address = ipaddress.ip_address(raw)
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


@cache
def all_methods() -> list[str]:
    """Return every gRPC method in the definitions of Ray's Python package, and those that it does not define."""
    found = {*OBJECT_MANAGER, HEALTH, REFLECTION}
    for module in pkgutil.walk_packages(ray.core.generated.__path__, "ray.core.generated."):
        if module.name.endswith("_pb2"):
            definition = importlib.import_module(module.name).DESCRIPTOR
            for service in definition.services_by_name.values():
                found |= {f"/{service.full_name}/{method.name}" for method in service.methods}
    return sorted(found)


def speaks_http(host: str, port: int) -> bool:
    """Return whether an HTTP/1.1 request gets an HTTP answer."""
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    try:
        connection.request("GET", "/")
        connection.getresponse()
    except http.client.HTTPException:
        return False
    finally:
        connection.close()
    return True


def ask_http(host: str, port: int) -> tuple[int, list[str]]:
    """Return the number of refused requests, and the requests that were answered."""
    refused, opened = 0, []
    requests = [*(("GET", path) for path in PATHS), ("POST", "/api/jobs/"), ("POST", "/get_or_create_runtime_env")]
    for method, path in requests:
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
        connection.request(method, path)
        status = connection.getresponse().status
        connection.close()
        refused += status == 401
        if status not in (401, 404):
            opened.append(f"{method} {path}")
    return refused, opened


def ask_grpc(host: str, port: int, methods: list[str]) -> tuple[int, list[str]]:
    """Return the number of refused calls, and the calls that got another answer."""
    refused, opened = 0, []
    with grpc.insecure_channel(f"{host}:{port}") as channel:
        for method in methods:
            try:
                channel.unary_unary(method)(b"", timeout=TIMEOUT)
                answer = "OK"
            except grpc.RpcError as error:
                answer = error.code().name
            refused += answer == "UNAUTHENTICATED"
            if answer not in REFUSED:
                opened.append(f"{method} {answer}")
    return refused, opened


if __name__ == "__main__":
    json.dump([asdict(port) for port in ports(sys.argv[1])], sys.stdout)
