"""JSON lines: the mean amount of what was bought, by country, from records with lists, records and nulls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from multiprocessing.pool import Pool
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import texts
from benchmarks.program import Case, Workload, glowray, native, pooled
from benchmarks.ranges import ByteRange, byte_ranges, lines_of

if TYPE_CHECKING:
    import glowray as gr

OLDEST = 70

Totals = dict[str, tuple[float, int]]


def plain(flow: gr.Flow, case: Case) -> Any:
    return (
        flow.read_json(str(case.inputs["events"]))
        .filter(lambda event: event["action"] == "buy" and event["amount"] is not None)
        .filter(lambda event: event["user"]["age"] < OLDEST)
        .map(lambda event: (event["country"], event["amount"]))
        .mean_by_key()
        .collect()
    )


def variant(flow: gr.Flow, case: Case) -> Any:
    def priced(event: dict[str, Any]) -> Any:
        if event["action"] != "buy":
            return None
        amount = event["amount"]
        if amount is None or event["user"]["age"] >= OLDEST:
            return None
        return event["country"], (amount, 1)

    sums = (
        flow.read_json(str(case.inputs["events"]))
        .map(priced)
        .filter(lambda pair: pair is not None)
        .reduce_by_key(lambda a, b: (a[0] + b[0], a[1] + b[1]))
    )
    return sums.map(lambda country, amount, count: (country, amount / count)).collect()


def hand(case: Case, pool: Pool) -> Any:
    return _shared(case, pool, _called)


def hand_fused(case: Case, pool: Pool) -> Any:
    return _shared(case, pool, _fused)


def _shared(case: Case, pool: Pool, total: Any) -> Any:
    """Add up byte ranges, each in a process."""
    totals: Totals = {}
    for part in pool.map(total, byte_ranges(case.inputs["events"], case.cores), chunksize=1):
        for country, (amount, count) in part.items():
            known = totals.get(country, (0.0, 0))
            totals[country] = known[0] + amount, known[1] + count
    return [(country, amount / count) for country, (amount, count) in totals.items()]


def _called(part: ByteRange) -> Totals:
    events: Any = (event for lines in lines_of(part) for event in map(json.loads, lines))
    events = filter(lambda event: event["action"] == "buy" and event["amount"] is not None, events)
    events = filter(lambda event: event["user"]["age"] < OLDEST, events)
    totals: Totals = {}
    for country, amount in map(lambda event: (event["country"], event["amount"]), events):  # noqa: C417
        known = totals.get(country, (0.0, 0))
        totals[country] = known[0] + amount, known[1] + 1
    return totals


def _fused(part: ByteRange) -> Totals:
    import orjson

    totals: Totals = {}
    for lines in lines_of(part):
        for line in lines:
            event = orjson.loads(line)
            if event["action"] == "buy" and (amount := event["amount"]) is not None and event["user"]["age"] < OLDEST:
                country = event["country"]
                known = totals.get(country, (0.0, 0))
                totals[country] = known[0] + amount, known[1] + 1
    return totals


def polars(case: Case) -> Any:
    import polars as pl

    events = pl.scan_ndjson(case.inputs["events"])
    bought = events.filter(pl.col("action") == "buy", pl.col("user").struct.field("age") < OLDEST)
    means = bought.drop_nulls("amount").group_by("country").agg(pl.col("amount").mean())
    return means.collect(engine="streaming").rows()


def duckdb(case: Case) -> Any:
    import duckdb

    query = f"""
        SELECT country, avg(amount) FROM read_json('{case.inputs["events"]}', format='newline_delimited')
        WHERE action = 'buy' AND amount IS NOT NULL AND "user".age < {OLDEST} GROUP BY country
    """
    return duckdb.execute(query).fetchall()


def answer(rows: Any) -> list[tuple[str, float]]:
    """Return the countries with their means, rounded: programs add in different orders."""
    return sorted((country, round(mean, 6)) for country, mean in rows)


def inputs(folder: Path, size: int) -> Mapping[str, Path]:
    return {"events": texts.events(folder, size)}


WORKLOAD = Workload(
    name="json_lines",
    title="the mean amount of what was bought, by country, from JSON lines",
    unit="rows",
    size=1_000_000,
    inputs=inputs,
    programs=(
        glowray(plain),
        glowray(variant, "glowray-variant"),
        pooled(hand, "hand"),
        pooled(hand_fused, "hand-fused"),
        native(polars, "polars"),
        native(duckdb, "duckdb"),
    ),
    answer=answer,
)
