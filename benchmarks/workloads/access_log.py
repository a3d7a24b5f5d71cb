"""An access log parsed by a regular expression: failed requests as CSV. A malformed line gives None."""

from __future__ import annotations

import re
from collections.abc import Mapping
from multiprocessing.pool import Pool
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import texts
from benchmarks.cleaned import digest_of, new_folder, write_dicts, write_rows
from benchmarks.program import Case, Workload, glowray, pooled
from benchmarks.ranges import ByteRange, byte_ranges, lines_of

if TYPE_CHECKING:
    import glowray as gr

Row = dict[str, Any]

COLUMNS = ("host", "user", "time", "method", "path", "status", "size", "agent")
LINE = re.compile(
    r'^(\S+) \S+ (\S+) \[([^\]]+)\] "([A-Z]+) ([^ "]+) HTTP/[0-9.]+" ([0-9]{3}) ([0-9]+|-) "[^"]*" "([^"]*)"$'
)
NAMED = re.compile(
    r'(?P<host>[^ ]+) [^ ]+ (?P<user>[^ ]+) \[(?P<time>[^\]]+)\] "(?P<method>[A-Z]+) (?P<path>[^ "]+) HTTP/[0-9.]+" '
    r'(?P<status>[0-9]+) (?P<size>[0-9]+|-) "[^"]*" "(?P<agent>[^"]*)"'
)


def parsed(line: str) -> Row | None:
    """Return the record of a line, or None if the line is malformed."""
    match = LINE.match(line)
    if match is None:
        return None
    host, user, time, method, path, status, size, agent = match.groups()
    return {"host": host, "user": user, "time": time, "method": method, "path": path.lower(), "status": int(status),
            "size": 0 if size == "-" else int(size), "agent": agent}  # fmt: skip


def plain(flow: gr.Flow, case: Case) -> Path:
    target = new_folder(case)
    (
        flow.read_text(str(case.inputs["log"]))
        .map(parsed)
        .filter(lambda row: row is not None and row["status"] >= 400)
        .write_csv(str(target))
    )
    return target


def variant(flow: gr.Flow, case: Case) -> Path:
    def record(line: str) -> Row | None:
        found = NAMED.fullmatch(line)
        if not found:
            return None
        size = found.group("size")
        return {
            "host": found["host"], "user": found["user"], "time": found["time"], "method": found["method"],
            "path": found["path"].lower(), "status": int(found["status"]),
            "size": int(size) if size.isdigit() else 0, "agent": found["agent"],
        }  # fmt: skip

    target = new_folder(case)
    rows = flow.read_text(str(case.inputs["log"])).map(record).filter(bool)
    rows.filter(lambda row: row["status"] // 100 > 3).write_csv(str(target))
    return target


def hand(case: Case, pool: Pool) -> Path:
    return _shared(case, pool, _called)


def hand_fused(case: Case, pool: Pool) -> Path:
    return _shared(case, pool, _fused)


def _shared(case: Case, pool: Pool, clean: Any) -> Path:
    target = new_folder(case, made=True)
    parts = byte_ranges(case.inputs["log"], case.cores)
    pool.starmap(clean, [(part, target / f"part-{i:05}") for i, part in enumerate(parts)], chunksize=1)
    return target


def _called(part: ByteRange, target: Path) -> None:
    rows: Any = (row for lines in lines_of(part) for row in map(parsed, lines))
    write_dicts(target, COLUMNS, filter(lambda row: row is not None and row["status"] >= 400, rows))


def _fused(part: ByteRange, target: Path) -> None:
    write_rows(target, COLUMNS, _fused_rows(part))


def _fused_rows(part: ByteRange) -> Any:
    match = LINE.match
    for lines in lines_of(part):
        for line in lines:
            if found := match(line):
                host, user, time, method, path, status, size, agent = found.groups()
                length = 0 if size == "-" else int(size)
                if (code := int(status)) >= 400:
                    yield host, user, time, method, path.lower(), code, length, agent


def answer(folder: Path) -> tuple[int, str]:
    return digest_of(COLUMNS, folder)


def inputs(folder: Path, size: int) -> Mapping[str, Path]:
    return {"log": texts.access_log(folder, size)}


WORKLOAD = Workload(
    name="access_log",
    title="failed requests of an access log, parsed by a regular expression, text to CSV",
    unit="rows",
    size=1_000_000,
    inputs=inputs,
    programs=(
        glowray(plain),
        glowray(variant, "glowray-variant"),
        pooled(hand, "hand"),
        pooled(hand_fused, "hand-fused"),
    ),
    answer=answer,
)
