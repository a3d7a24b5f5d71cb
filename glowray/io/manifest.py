"""The `_SUCCESS` file: the last thing a job writes into a folder, and the list of what glowray wrote there."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from glowray.io.paths import SUCCESS

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files that glowray wrote into a folder, and the job that was the last to do so."""

    job: str
    files: tuple[str, ...] = ()

    def write(self, path: str) -> None:
        content = {"glowray": _VERSION, "job": self.job, "files": list(self.files)}
        with open(path, "x", encoding="utf-8") as file:
            json.dump(content, file, indent=0, ensure_ascii=True)


def read_manifest(folder: str) -> Manifest | None:
    """What glowray says it wrote into a folder; None where it wrote nothing, or somebody else wrote the `_SUCCESS`."""
    try:
        with open(os.path.join(folder, SUCCESS), encoding="utf-8") as file:
            content = json.load(file)
        if content["glowray"] != _VERSION:
            return None
        return Manifest(str(content["job"]), tuple(map(str, content["files"])))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
