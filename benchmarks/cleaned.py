"""Helpers of the cleaning workloads: read CSV by byte ranges, write CSV part files, and digest their records."""

from __future__ import annotations

import csv
import hashlib
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from benchmarks.program import Case
from benchmarks.ranges import ByteRange, lines_of


def new_folder(case: Case, made: bool = False) -> Path:
    """Return a new path for a folder. With `made`, make the folder."""
    folder = case.out / uuid.uuid4().hex
    if made:
        folder.mkdir()
    return folder


def records(part: ByteRange) -> Iterator[list[str]]:
    """Yield the records of a byte range of a CSV file, without the header. Each record must be on one line."""
    lines = chain.from_iterable(lines_of(part))
    if part[1] == 0:
        next(lines)
    return csv.reader(lines)


def dicts(part: ByteRange, names: Sequence[str]) -> Iterator[dict[Any, Any]]:
    """Yield the same records as dicts of csv.DictReader."""
    lines = chain.from_iterable(lines_of(part))
    if part[1] == 0:
        next(lines)
    return csv.DictReader(lines, names)


def write_dicts(path: Path, names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_rows(path: Path, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)


def spark_dicts(context: Any, path: Path, names: Sequence[str], delimiter: str = ",") -> Any:
    """Return the records of a CSV file as an RDD of dicts, as Spark users read it. The header is a record too."""
    read = lambda lines: csv.DictReader(lines, names, delimiter=delimiter)  # noqa: E731
    return context.textFile(str(path)).mapPartitions(read)


def spark_write(rows: Any, names: Sequence[str], folder: Path) -> None:
    """Write an RDD of dicts as part files of CSV."""

    def lines(part: Iterable[Mapping[str, Any]]) -> Iterator[str]:
        made: list[str] = []
        writer = csv.DictWriter(_Lines(made), names, lineterminator="")
        for row in part:
            writer.writerow(row)
            yield made.pop()

    rows.mapPartitions(lines).saveAsTextFile(str(folder))


class _Lines:
    """A file for a csv writer that appends each record to a list."""

    def __init__(self, made: list[str]) -> None:
        self.write = made.append


def digest_of(names: Sequence[str], folder: Path) -> tuple[int, str]:
    """Return the number of records in a folder's part files and a digest of the sorted records. Remove the folder."""
    found = []
    for path in folder.glob("part-*"):
        with path.open(newline="", encoding="utf-8") as file:
            found += ["\x1f".join(record) for record in csv.reader(file) if record != list(names)]
    shutil.rmtree(folder)
    found.sort()
    return len(found), hashlib.sha256("\n".join(found).encode()).hexdigest()
