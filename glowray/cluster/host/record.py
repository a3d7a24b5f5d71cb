"""Records of the nodes started on this machine: one file of mode 0600 a node, which its supervisor writes."""

from __future__ import annotations

import dataclasses
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from glowray.cluster.host.home import home, private_folder, write_secret
from glowray.cluster.host.processes import Process
from glowray.errors import ClusterError

FOLDER_PREFIX = "glowray-"
Kind = Literal["head", "worker"]


@dataclass(frozen=True)
class NodeRecord:
    """A node of a cluster that glowray started on this machine.

    `processes` are the supervisor, then the processes that it started directly. `others` are their descendants at the
    time when the node became ready. `address` is the head's HOST:PORT. `trouble` says what is wrong with a running
    node, and `failure` why the node ended.
    """

    name: str
    kind: Kind
    address: str
    token_file: str
    folder: str
    log: str
    processes: tuple[Process, ...] = ()
    others: tuple[Process, ...] = ()
    dashboard: str = ""
    tls: bool = False
    failure: str = ""
    trouble: str = ""

    @property
    def is_ready(self) -> bool:
        """Return whether the node runs and has reported its address."""
        return len(self.processes) > 1 and self.is_alive

    @property
    def is_alive(self) -> bool:
        """Return whether any process that was started directly still runs."""
        return any(process.is_alive() for process in self.processes)

    @property
    def is_whole(self) -> bool:
        """Return whether every process that was started directly still runs."""
        return bool(self.processes) and all(process.is_alive() for process in self.processes)

    @property
    def certificates(self) -> Path:
        """Return the folder of this node's TLS files."""
        return Path(self.folder) / "tls"

    def save(self) -> NodeRecord:
        """Write the record to its file; return it."""
        write_secret(_file(self.name), json.dumps(dataclasses.asdict(self), indent=2))
        return self

    def remove(self) -> None:
        """Delete the record's file."""
        _file(self.name).unlink(missing_ok=True)


def new_name(kind: Kind) -> str:
    """Return a name that no other node started here has."""
    return f"{kind}-{secrets.token_hex(4)}"


def load(path: Path) -> NodeRecord:
    """Return the record in a file. Raises ClusterError if it is damaged."""
    try:
        fields = json.loads(path.read_text())
        for group in ("processes", "others"):
            fields[group] = tuple(Process(**process) for process in fields[group])
        return NodeRecord(**fields)
    except (ValueError, TypeError, KeyError) as error:
        raise ClusterError(
            f"the record {path} is damaged ({error}); end its processes by hand and delete it"
        ) from error


def records() -> list[NodeRecord]:
    """Return all nodes recorded here, heads first."""
    found = []
    for path in sorted(_folder().glob("*.json")):
        try:
            found.append(load(path))
        except FileNotFoundError:  # the supervisor ended between glob() and load()
            continue
    return sorted(found, key=lambda record: record.kind)


def head_here() -> NodeRecord | None:
    """Return the living head that was started here, or None."""
    return next((record for record in records() if record.kind == "head" and record.is_alive), None)


def node_here(address: str) -> NodeRecord | None:
    """Return a living node of the cluster at `address` that was started here, or None."""
    return next((record for record in records() if record.address == address and record.is_alive), None)


def _folder() -> Path:
    return private_folder(home() / "nodes")


def _file(name: str) -> Path:
    return _folder() / f"{name}.json"
