"""Sort: lines of 100 bytes by their first 10 bytes, to files in one global order."""

from __future__ import annotations

import hashlib
import random
import shutil
import uuid
from collections.abc import Mapping
from multiprocessing.pool import Pool
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import data
from benchmarks.program import Case, Workload, glowray, native, pooled, spark

if TYPE_CHECKING:
    import glowray as gr

RECORD = 100  # bytes, newline included
KEY = 10
SAMPLE = 2000


def plain(flow: gr.Flow, case: Case) -> Path:
    target = _new_folder(case)
    flow.read_text(str(case.inputs["records"])).sort(key=lambda line: line[:10]).write_text(str(target))
    return target


def variant(flow: gr.Flow, case: Case) -> Path:
    def first_word(line: str) -> str:
        return line.split(" ")[0]

    target = _new_folder(case)
    flow.read_text(str(case.inputs["records"])).sort(key=first_word).write_text(str(target))
    return target


def hand_fused(case: Case, pool: Pool) -> Path:
    target = _new_folder(case)
    target.mkdir()
    path = case.inputs["records"]
    edges = [b"", *_edges(path, case.cores), b"\xff"]
    jobs = [(path, target / f"part-{i:05}", edges[i], edges[i + 1]) for i in range(case.cores)]
    pool.starmap(_sort_range, jobs, chunksize=1)
    return target


def _edges(path: Path, parts: int) -> list[bytes]:
    """Return keys that split the records into `parts` ranges of about equal size, from a seeded sample."""
    picks = random.Random(0)
    with path.open("rb") as file:
        rows = path.stat().st_size // RECORD
        keys = []
        for _ in range(SAMPLE):
            file.seek(picks.randrange(rows) * RECORD)
            keys.append(file.read(KEY))
    keys.sort()
    return [keys[SAMPLE * i // parts] for i in range(1, parts)]


def _sort_range(source: Path, target: Path, low: bytes, high: bytes) -> None:
    """Read the whole file and sort the lines of one range. Reading from the page cache is cheaper than an exchange."""
    lines = [line for line in source.read_bytes().splitlines(keepends=True) if low <= line < high]
    lines.sort()
    with target.open("wb") as file:
        file.writelines(lines)


def polars(case: Case) -> Path:
    import polars as pl

    target = _new_folder(case)
    target.mkdir()
    lines = pl.scan_csv(case.inputs["records"], separator="\x1f", quote_char=None, schema={"line": pl.String},
                        has_header=False)  # fmt: skip
    ordered = lines.sort(pl.col("line").str.slice(0, KEY))
    ordered.sink_csv(target / "part-00000", include_header=False, quote_style="never")
    return target


def duckdb(case: Case) -> Path:
    import duckdb

    target = _new_folder(case)
    target.mkdir()
    duckdb.execute(
        f"""
        COPY (SELECT line
              FROM read_csv($path, delim = $none, quote = '', escape = '', header = false,
                            columns = {{'line': 'VARCHAR'}}, auto_detect = false)
              ORDER BY left(line, {KEY}))
        TO '{target}/part-00000' (FORMAT csv, HEADER false, QUOTE '')
        """,
        {"path": str(case.inputs["records"]), "none": "\x1f"},
    )
    return target


def spark_rdd(case: Case, context: Any) -> Path:
    target = _new_folder(case)
    context.textFile(str(case.inputs["records"])).sortBy(lambda line: line[:KEY]).saveAsTextFile(str(target))
    return target


def _new_folder(case: Case) -> Path:
    """Return a new path for a folder."""
    return case.out / uuid.uuid4().hex


def content(folder: Path) -> str:
    """Return a digest of the bytes of all part files in order. Remove the folder."""
    digest = hashlib.sha256()
    for part in sorted(folder.glob("part-*")):
        digest.update(part.read_bytes())
    shutil.rmtree(folder)
    return digest.hexdigest()


def inputs(folder: Path, size: int) -> Mapping[str, Path]:
    return {"records": data.records(folder, size)}


WORKLOAD = Workload(
    name="sort",
    title="lines of 100 bytes sorted by their first 10, to files",
    unit="rows",
    size=2_000_000,
    inputs=inputs,
    programs=(
        glowray(plain),
        glowray(variant, "glowray-variant"),
        pooled(hand_fused, "hand-fused"),
        native(polars, "polars"),
        native(duckdb, "duckdb"),
        spark(spark_rdd),
    ),
    answer=content,
)
