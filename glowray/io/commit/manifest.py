"""The `_SUCCESS` file: a job writes it last into a folder. It lists the files that glowray wrote there."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from glowray.io.files.paths import SUCCESS

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files that glowray wrote into a folder, and the id of the last job that did."""

    job: str
    files: tuple[str, ...] = ()

    def write(self, path: str) -> None:
        content = {"glowray": _VERSION, "job": self.job, "files": list(self.files)}
        with open(path, "x", encoding="utf-8") as file:
            json.dump(content, file, indent=0, ensure_ascii=True)


def read_manifest(folder: str) -> Manifest | None:
    """Return the manifest of a folder; None if there is no `_SUCCESS`, or another program wrote it."""
    try:
        with open(os.path.join(folder, SUCCESS), encoding="utf-8") as file:
            content = json.load(file)
        if content["glowray"] != _VERSION:
            return None
        return Manifest(str(content["job"]), tuple(map(str, content["files"])))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
