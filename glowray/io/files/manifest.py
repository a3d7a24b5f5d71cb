"""The `_SUCCESS` file: a job writes it last into a folder. It lists the files that glowray wrote there."""

from __future__ import annotations

import json
from dataclasses import dataclass

from glowray.io.filesystem.location import Location

SUCCESS = "_SUCCESS"

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files that glowray wrote into a folder, and the id of the last job that did."""

    job: str
    files: tuple[str, ...] = ()

    def encode(self) -> bytes:
        """Return the content of the `_SUCCESS` file."""
        content = {"glowray": _VERSION, "job": self.job, "files": list(self.files)}
        return json.dumps(content, indent=0, ensure_ascii=True).encode()

    @classmethod
    def decode(cls, data: bytes) -> Manifest | None:
        """Return the manifest with this content, None if another program wrote it."""
        try:
            content = json.loads(data)
            if content["glowray"] != _VERSION:
                return None
            return cls(str(content["job"]), tuple(map(str, content["files"])))
        except (ValueError, KeyError, TypeError):
            return None

    def write(self, path: str) -> None:
        with open(path, "xb") as file:
            file.write(self.encode())


def manifest_at(folder: Location) -> Manifest | None:
    """Return the manifest of a folder; None if there is no `_SUCCESS`, or another program wrote it."""
    try:
        return Manifest.decode(folder.at(f"{folder.path}/{SUCCESS}").read())
    except FileNotFoundError:
        return None


def read_manifest(folder: str) -> Manifest | None:
    """Return the manifest of a local folder; None if there is no `_SUCCESS`, or another program wrote it."""
    return manifest_at(Location(folder))
