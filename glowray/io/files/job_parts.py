"""Part files whose names hold the id of their job: only those that `_SUCCESS` lists are input.

A store without rename is written under final names. A job that died, or that still runs, has written parts which no
`_SUCCESS` lists. `part-00003-2f6c0e41a7b95d3800d1c2b300000000.csv` has the number 3, the job `2f6c0e41a7b95d38`, the
attempt `00d1c2b3`, and is the first file of its task.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence

from glowray.io.files.manifest import manifest_at
from glowray.io.filesystem.file_info import FileInfo
from glowray.io.filesystem.location import Location

_JOB_PART = re.compile(r"(?:^|/)part-\d+-([0-9a-f]{16})[0-9a-f]{16}(?![^./])")


def new_job() -> str:
    """Return an id for a job: 16 hexadecimal digits."""
    return uuid.uuid4().hex[:16]


def new_attempt() -> str:
    """Return an id for an attempt of a task: 8 hexadecimal digits."""
    return uuid.uuid4().hex[:8]


def part_name(number: int, job: str, attempt: str, sequence: int, extension: str) -> str:
    """Return the name of a part file. Files of one task sort by their sequence.

    >>> part_name(3, "2f6c0e41a7b95d38", "00d1c2b3", 0, ".csv")
    'part-00003-2f6c0e41a7b95d3800d1c2b300000000.csv'
    """
    return f"part-{number:05d}-{job}{attempt}{sequence:08x}{extension}"


def job_of(name: str) -> str | None:
    """Return the job whose part is in a path, or None. Files that rows name are in a folder that is named as a part.

    >>> job_of("year=2013/part-00003-2f6c0e41a7b95d3800d1c2b300000000.csv"), job_of("part-00003.csv")
    ('2f6c0e41a7b95d38', None)
    """
    found = _JOB_PART.search(name)
    return None if found is None else found[1]


def output_folder(path: str) -> str:
    """Return the outermost folder that a write may have named, for one of its parts: above the folders by field.

    >>> output_folder("s3://b/out/year=2013/month=1/part-00000.csv")
    's3://b/out'
    """
    found = _JOB_PART.search(path)
    folder = path.rpartition("/")[0] if found is None else path[: found.start()]
    while "=" in folder.rpartition("/")[2]:
        folder = folder.rpartition("/")[0]
    return folder


def _possible_outputs(path: str) -> Iterator[str]:
    """Yield the folders that a write may have named, for one of its parts, the outermost first.

    A user may write to a folder that is named as one by field. `s3://b/year=2013/part-0` is a part of the output
    `s3://b`, or of `s3://b/year=2013`.
    """
    folder = output_folder(path)
    yield folder
    found = _JOB_PART.search(path)
    inner = path.rpartition("/")[0] if found is None else path[: found.start()]
    for name in filter(None, inner[len(folder) :].split("/")):
        folder = f"{folder}/{name}"
        yield folder


def without_unlisted(found: Sequence[FileInfo], place: Location) -> tuple[list[FileInfo], frozenset[str]]:
    """Return the files without those parts that no `_SUCCESS` lists, and the paths that are listed and missing.

    `place` is the path that the user gave. Only files below it can be missing.
    """
    by_folder: dict[str, frozenset[str]] = {}

    def is_listed(path: str) -> bool:
        for folder in _possible_outputs(path):
            if folder not in by_folder:
                manifest = manifest_at(place.at(folder))
                by_folder[folder] = (
                    frozenset(f"{folder}/{name}" for name in manifest.files) if manifest else frozenset()
                )
            if path in by_folder[folder]:
                return True
        return False

    kept = [info for info in found if job_of(info.path) is None or is_listed(info.path)]
    listed = frozenset().union(*by_folder.values())
    below = f"{place.path.rstrip('/')}/"
    missing = {path for path in listed if path.startswith(below)} - {info.path for info in kept}
    return kept, frozenset(missing)
