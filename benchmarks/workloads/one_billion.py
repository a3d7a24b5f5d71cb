"""One billion rows: the least, mean and greatest temperature of each weather station, from lines `station;temperature`.

Source of the task: github.com/gunnarmorling/1brc. The full size here is 50 million lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from multiprocessing.pool import Pool
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.data import BLOCK, SYLLABLES, joined, once
from benchmarks.program import Case, Workload, glowray, native, pooled

if TYPE_CHECKING:
    import glowray as gr

STATIONS = 413
NAMES = ["station", "temperature"]

Kept = tuple[float, float, float, int]


def plain(flow: gr.Flow, case: Case) -> Any:
    def measured(line: str) -> tuple[str, float]:
        station, temperature = line.split(";")
        return station, float(temperature)

    rows = flow.read_text(str(case.inputs["measurements"])).map(measured)
    kept = rows.map(lambda station, t: (station, (t, t, t, 1))).reduce_by_key(
        lambda a, b: (min(a[0], b[0]), max(a[1], b[1]), a[2] + b[2], a[3] + b[3])
    )
    return kept.map(lambda station, low, high, total, n: (station, low, total / n, high)).collect()


def variant(flow: gr.Flow, case: Case) -> Any:
    from glowray import agg

    path = str(case.inputs["measurements"])
    rows = flow.read_csv(path, delimiter=";", header=NAMES, types={"temperature": float}, quotechar=None)
    made = rows.group_by("station").agg(
        low=agg.min("temperature"), mean=agg.mean("temperature"), high=agg.max("temperature")
    )
    return [tuple(row.values()) for row in made.collect()]


def hand_fused(case: Case, pool: Pool) -> Any:
    path = case.inputs["measurements"]
    size = path.stat().st_size
    edges = [size * i // case.cores for i in range(case.cores + 1)]
    kept: dict[str, Kept] = {}
    ranges = [(path, edges[i], edges[i + 1]) for i in range(case.cores)]
    for part in pool.map(_folded, ranges, chunksize=1):
        for station, (low, high, total, n) in part.items():
            a = kept.get(station, (low, high, 0.0, 0))
            kept[station] = min(a[0], low), max(a[1], high), a[2] + total, a[3] + n
    return [(station, low, total / n, high) for station, (low, high, total, n) in kept.items()]


def _folded(part: tuple[Path, int, int]) -> dict[str, Kept]:
    """Fold the lines that begin in a range of bytes."""
    path, start, end = part
    kept: dict[bytes, list[Any]] = {}
    with path.open("rb") as file:
        if start:
            file.seek(start - 1)
            file.readline()
        place = file.tell()
        for line in file:
            if place >= end:
                break
            place += len(line)
            station, _, text = line.partition(b";")
            t = float(text)
            if (a := kept.get(station)) is None:
                kept[station] = [t, t, t, 1]
                continue
            if t < a[0]:
                a[0] = t
            if t > a[1]:
                a[1] = t
            a[2] += t
            a[3] += 1
    return {station.decode(): (low, high, total, n) for station, (low, high, total, n) in kept.items()}


def polars(case: Case) -> Any:
    import polars as pl
    from polars import col

    types = {"station": pl.String, "temperature": pl.Float64}
    rows = pl.scan_csv(case.inputs["measurements"], separator=";", has_header=False, schema=types, quote_char=None)
    t = col("temperature")
    made = rows.group_by("station").agg(low=t.min(), mean=t.mean(), high=t.max())
    return made.collect(engine="streaming").rows()


def duckdb(case: Case) -> Any:
    import duckdb

    columns = "{'station': 'VARCHAR', 'temperature': 'DOUBLE'}"
    source = f"read_csv('{case.inputs['measurements']}', delim=';', header=false, quote='', columns={columns})"
    query = f"SELECT station, min(temperature), avg(temperature), max(temperature) FROM {source} GROUP BY station"
    return duckdb.execute(query).fetchall()


def answer(rows: Any) -> list[tuple[str, float, float, float]]:
    """Return the stations with their figures. Means are rounded: engines add in different orders."""
    return sorted((station, low, round(mean, 6), high) for station, low, mean, high in rows)


def inputs(folder: Path, size: int) -> Mapping[str, Path]:
    return {"measurements": once(folder / f"measurements-{size}.txt", lambda: _measurements(size))}


def _measurements(rows: int) -> Iterator[bytes]:
    """Yield lines with one decimal, normally distributed around each station's mean, -0.0 among them."""
    random = np.random.default_rng(1_000_000_000)
    names: dict[str, None] = {}
    while len(names) < STATIONS:
        names.setdefault("".join(SYLLABLES[i] for i in random.integers(len(SYLLABLES), size=4)).capitalize())
    stations, means = pa.array(list(names)), random.normal(15, 10, STATIONS)
    for first in range(0, rows, BLOCK):
        drawn = random.integers(STATIONS, size=min(BLOCK, rows - first))
        tenths = np.clip(np.round(random.normal(means[drawn], 10) * 10), -999, 999).astype(np.int64)
        whole, part = pa.array(np.abs(tenths) // 10), pa.array(np.abs(tenths) % 10)
        sign = pc.if_else(pa.array((tenths < 0) | (random.random(len(drawn)) < 0.001)), "-", "")
        yield joined([stations.take(pa.array(drawn)), ";", sign, whole, ".", part, "\n"])


WORKLOAD = Workload(
    name="one_billion",
    title="least, mean and greatest temperature by station",
    unit="rows",
    size=50_000_000,
    inputs=inputs,
    programs=(
        glowray(plain),
        glowray(variant, "glowray-variant"),
        pooled(hand_fused, "hand-fused"),
        native(polars, "polars"),
        native(duckdb, "duckdb"),
    ),
    answer=answer,
)
