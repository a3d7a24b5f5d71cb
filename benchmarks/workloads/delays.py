"""Delays: the mean delay of each carrier, from a Parquet file in which one delay in twenty is null."""

from __future__ import annotations

from collections.abc import Mapping
from multiprocessing.pool import Pool
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.program import Case, Workload, glowray, native, pooled

if TYPE_CHECKING:
    import glowray as gr

ROWS = 1_000_000  # of a row group, and of what is made at once
CARRIERS = "9E AA AS B6 DL EV F9 FL HA MQ OO UA US VX WN YV".split()

Totals = dict[str, tuple[int, int]]


def plain(flow: gr.Flow, case: Case) -> Any:
    from glowray import agg

    return flow.read_parquet(str(case.inputs["flights"])).group_by("carrier").agg(mean=agg.mean("delay")).collect()


def variant(flow: gr.Flow, case: Case) -> Any:
    from glowray import agg

    rows = flow.read_parquet(str(case.inputs["flights"])).map(lambda row: (row["carrier"], row["delay"]))
    return [{"carrier": key, **row} for key, row in rows.agg_by_key(mean=agg.mean()).collect()]


def hand(case: Case, pool: Pool) -> Any:
    import pyarrow.parquet as pq

    path = case.inputs["flights"]
    groups = [(path, number) for number in range(pq.ParquetFile(path).num_row_groups)]
    totals: Totals = {}
    for part in pool.map(_totals, groups, chunksize=1):
        for carrier, (total, count) in part.items():
            known = totals.get(carrier, (0, 0))
            totals[carrier] = known[0] + total, known[1] + count
    return [{"carrier": carrier, "mean": total / count} for carrier, (total, count) in totals.items()]


def _totals(part: tuple[Path, int]) -> Totals:
    import pyarrow.parquet as pq

    path, number = part
    table = pq.ParquetFile(path).read_row_group(number, ["carrier", "delay"])
    totals: Totals = {}
    for carrier, delay in zip(table["carrier"].to_pylist(), table["delay"].to_pylist(), strict=True):
        if delay is not None:
            total, count = totals.get(carrier, (0, 0))
            totals[carrier] = total + delay, count + 1
    return totals


def polars(case: Case) -> Any:
    import polars as pl

    mean = pl.scan_parquet(case.inputs["flights"]).group_by("carrier").agg(mean=pl.col("delay").mean())
    return mean.collect(engine="streaming").to_dicts()


def duckdb(case: Case) -> Any:
    import duckdb

    query = f"SELECT carrier, avg(delay) AS mean FROM '{case.inputs['flights']}' GROUP BY carrier"
    return [{"carrier": carrier, "mean": mean} for carrier, mean in duckdb.execute(query).fetchall()]


def answer(rows: Any) -> list[tuple[str, float]]:
    """Return the carriers with their means, rounded: engines add in different orders."""
    return sorted((row["carrier"], round(row["mean"], 6)) for row in rows)


def inputs(folder: Path, size: int) -> Mapping[str, Path]:
    path = folder / f"delays-{size}.parquet"
    if not path.exists():
        _write(path, size)
    return {"flights": path}


def _write(path: Path, size: int) -> None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(2013)
    schema = pa.schema({"carrier": pa.string(), "delay": pa.int64(), "miles": pa.float64()})
    begun = path.with_suffix(".part")
    with pq.ParquetWriter(begun, schema) as writer:
        for start in range(0, size, ROWS):
            count = min(ROWS, size - start)
            carriers = np.array(CARRIERS)[random.integers(len(CARRIERS), size=count)]
            delays = pa.array(random.integers(-30, 400, count), mask=random.random(count) < 0.05)
            miles = random.random(count) * 3000
            writer.write_table(pa.table({"carrier": carriers, "delay": delays, "miles": miles}, schema=schema))
    begun.rename(path)


WORKLOAD = Workload(
    name="delays",
    title="the mean delay of each carrier, from Parquet",
    unit="rows",
    size=10_000_000,
    inputs=inputs,
    programs=(
        glowray(plain),
        glowray(variant, "glowray-variant"),
        pooled(hand, "hand"),
        native(polars, "polars"),
        native(duckdb, "duckdb"),
    ),
    answer=answer,
)
