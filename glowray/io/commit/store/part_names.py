"""Names of part files in a store. They hold the id of their job, so that a job's files can be told from others.

`part-00003-2f6c0e41a7b95d3800d1c2b300000000.parquet` has the number 3, the job `2f6c0e41a7b95d38`, the attempt
`00d1c2b3`, and is the first file of its task.
"""

from __future__ import annotations

import re
import uuid

_PART = re.compile(r"(?:^|/)part-(\d+)-([0-9a-f]{16})[0-9a-f]{16}(?![0-9a-f])")


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
    """Return the job whose part is in a path, or None.

    >>> job_of("year=2013/part-00003-2f6c0e41a7b95d3800d1c2b300000000.csv"), job_of("part-00003.csv")
    ('2f6c0e41a7b95d38', None)
    """
    found = _PART.search(name)
    return None if found is None else found[2]


def number_of(name: str) -> int | None:
    """Return the number of the part in a path, or None.

    >>> number_of("part-00003-2f6c0e41a7b95d3800d1c2b300000000.csv")
    3
    """
    found = _PART.search(name)
    return None if found is None else int(found[1])
