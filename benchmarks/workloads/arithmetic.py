"""Arithmetic: integers through two functions and a sum."""

from __future__ import annotations

from collections.abc import Mapping
from multiprocessing.pool import Pool
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.program import Case, Workload, dask, glowray, native, pooled, spark

if TYPE_CHECKING:
    import glowray as gr

grow = lambda x: x * 3 + 1  # noqa: E731  (the lambdas of the flow below, called one by one)
keep = lambda x: x % 7 == 0  # noqa: E731
add = lambda a, b: a + b  # noqa: E731


def plain(flow: gr.Flow, case: Case) -> Any:
    return flow.from_range(case.size).map(lambda x: x * 3 + 1).filter(lambda x: x % 7 == 0).sum()


def variant(flow: gr.Flow, case: Case) -> Any:
    def multiple(number: int) -> bool:
        return not number % 7

    return flow.from_range(case.size).map(lambda x: 1 + 3 * x).filter(multiple).reduce(lambda a, b: b + a).first()


def hand(case: Case, pool: Pool) -> Any:
    return sum(pool.map(_called, _ranges(case), chunksize=1))


def hand_fused(case: Case, pool: Pool) -> Any:
    return sum(pool.map(_fused, _ranges(case), chunksize=1))


def _ranges(case: Case) -> list[range]:
    edges = [case.size * i // case.cores for i in range(case.cores + 1)]
    return [range(edges[i], edges[i + 1]) for i in range(case.cores)]


def _called(part: range) -> int:
    return sum(filter(keep, map(grow, part)))


def _fused(part: range) -> int:
    return sum(y for x in part if not (y := x * 3 + 1) % 7)


def polars(case: Case) -> Any:
    import polars as pl

    grown = pl.LazyFrame().select(pl.int_range(case.size, dtype=pl.Int64).alias("x") * 3 + 1)
    return grown.filter(pl.col("x") % 7 == 0).sum().collect(engine="streaming").item()


def duckdb(case: Case) -> Any:
    import duckdb

    query = "SELECT sum(y)::BIGINT FROM (SELECT range * 3 + 1 AS y FROM range($rows)) WHERE y % 7 = 0"
    (row,) = duckdb.execute(query, {"rows": case.size}).fetchall()
    return row[0]


def spark_rdd(case: Case, context: Any) -> Any:
    return context.range(case.size).map(grow).filter(keep).sum()


def dask_bag(case: Case) -> Any:
    import dask.bag as db

    ranges = db.from_sequence(_ranges(case), npartitions=case.cores).flatten()
    return ranges.map(grow).filter(keep).fold(add).compute()


def inputs(folder: Path, size: int) -> Mapping[str, Path]:
    return {}


WORKLOAD = Workload(
    name="arithmetic",
    title="x * 3 + 1 of integers, every multiple of 7 summed",
    unit="rows",
    size=20_000_000,
    inputs=inputs,
    programs=(
        glowray(plain),
        glowray(variant, "glowray-variant"),
        pooled(hand, "hand"),
        pooled(hand_fused, "hand-fused"),
        native(polars, "polars"),
        native(duckdb, "duckdb"),
        spark(spark_rdd),
        dask(dask_bag),
    ),
    answer=int,
)
