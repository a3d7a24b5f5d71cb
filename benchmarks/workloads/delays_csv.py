"""The delays workload from a CSV file: the mean delay of each carrier."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.program import Case, Workload, glowray, native
from benchmarks.workloads import delays

if TYPE_CHECKING:
    import glowray as gr

TYPES = {"delay": int, "miles": float}


def plain(flow: gr.Flow, case: Case) -> Any:
    from glowray import agg

    rows = flow.read_csv(str(case.inputs["flights"]), types=TYPES)
    return rows.group_by("carrier").agg(mean=agg.mean("delay")).collect()


def variant(flow: gr.Flow, case: Case) -> Any:
    from glowray import agg

    rows = flow.read_csv(str(case.inputs["flights"]), types=TYPES).map(lambda row: (row["carrier"], row["delay"]))
    return [{"carrier": key, **row} for key, row in rows.agg_by_key(mean=agg.mean()).collect()]


def polars(case: Case) -> Any:
    import polars as pl

    types = {"carrier": pl.String, "delay": pl.Int64, "miles": pl.Float64}
    mean = pl.scan_csv(case.inputs["flights"], schema=types).group_by("carrier").agg(mean=pl.col("delay").mean())
    return mean.collect(engine="streaming").to_dicts()


def duckdb(case: Case) -> Any:
    import duckdb

    query = f"SELECT carrier, avg(delay) AS mean FROM '{case.inputs['flights']}' GROUP BY carrier"
    return [{"carrier": carrier, "mean": mean} for carrier, mean in duckdb.execute(query).fetchall()]


def inputs(folder: Path, size: int) -> Mapping[str, Path]:
    path = folder / f"delays-{size}.csv"
    if not path.exists():
        _write(delays.inputs(folder, size)["flights"], path)
    return {"flights": path}


def _write(source: Path, path: Path) -> None:
    import pyarrow.csv
    import pyarrow.parquet as pq

    begun, file = path.with_suffix(".part"), pq.ParquetFile(source)
    options = pyarrow.csv.WriteOptions(quoting_style="none")
    with pyarrow.csv.CSVWriter(begun, file.schema_arrow, write_options=options) as writer:
        for batch in file.iter_batches():
            writer.write_batch(batch)
    begun.rename(path)


WORKLOAD = Workload(
    name="delays_csv",
    title="the mean delay of each carrier, from CSV",
    unit="rows",
    size=10_000_000,
    inputs=inputs,
    programs=(
        glowray(plain),
        glowray(variant, "glowray-variant"),
        native(polars, "polars"),
        native(duckdb, "duckdb"),
    ),
    answer=delays.answer,
)
