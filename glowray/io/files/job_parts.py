"""Part files whose names hold the id of their job: only those that `_SUCCESS` lists are input.

A store without rename is written under final names, `part-00003-<32 hexadecimal digits>.parquet`. A job that died, or
that still runs, has written parts which no `_SUCCESS` lists.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from glowray.io.files.manifest import manifest_at
from glowray.io.filesystem.interface import FileInfo
from glowray.io.filesystem.location import Location

_JOB_PART = re.compile(r"part-\d+-[0-9a-f]{32}(?:\..*)?")


def holds_job_id(path: str) -> bool:
    """Return whether the name of a part file holds the id of its job.

    >>> holds_job_id(f"out/part-00003-{'0' * 32}.csv"), holds_job_id("out/part-00003.csv")
    (True, False)
    """
    return _JOB_PART.fullmatch(path.rpartition("/")[2]) is not None


def output_folder(path: str) -> str:
    """Return the folder that a write named, for one of its parts: above the folders by field.

    >>> output_folder("s3://b/out/year=2013/month=1/part-00000.csv")
    's3://b/out'
    """
    folder = path.rpartition("/")[0]
    while "=" in folder.rpartition("/")[2]:
        folder = folder.rpartition("/")[0]
    return folder


def without_unlisted(found: Sequence[FileInfo], place: Location) -> tuple[list[FileInfo], frozenset[str]]:
    """Return the files without those parts that no `_SUCCESS` lists, and the paths that are listed and missing.

    `place` is the path that the user gave. Only files below it can be missing.
    """
    folders = dict.fromkeys(output_folder(info.path) for info in found if holds_job_id(info.path))
    listed: set[str] = set()
    for folder in folders:
        manifest = manifest_at(place.at(folder))
        listed |= {f"{folder}/{name}" for name in manifest.files} if manifest else set()
    kept = [info for info in found if not holds_job_id(info.path) or info.path in listed]
    below = f"{place.path.rstrip('/')}/"
    missing = {path for path in listed if path.startswith(below)} - {info.path for info in kept}
    return kept, frozenset(missing)
