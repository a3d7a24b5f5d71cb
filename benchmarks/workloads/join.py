"""Join: sum the amounts of events by the country of their users; both inputs are lines that are split."""

from __future__ import annotations

from collections.abc import Mapping
from multiprocessing.pool import Pool
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import data
from benchmarks.program import Case, Workload, dask, glowray, native, pooled, spark
from benchmarks.ranges import ByteRange, byte_ranges, lines_of

if TYPE_CHECKING:
    import glowray as gr

split = lambda line: line.split(",")  # noqa: E731  (the lambdas of the flow below, called one by one)
amount_by_user = lambda fields: (fields[1], int(fields[2]))  # noqa: E731
country_by_user = lambda fields: (fields[0], fields[2])  # noqa: E731
amount_by_country = lambda user, amount, country: (country, amount)  # noqa: E731
add = lambda a, b: a + b  # noqa: E731


def plain(flow: gr.Flow, case: Case) -> Any:
    users = flow.read_text(str(case.inputs["users"])).map(lambda line: line.split(","))
    countries = users.map(lambda fields: (fields[0], fields[2]))
    return (
        flow.read_text(str(case.inputs["events"]))
        .map(lambda line: line.split(","))
        .map(lambda fields: (fields[1], int(fields[2])))
        .join(countries)
        .map(lambda user, amount, country: (country, amount))
        .reduce_by_key(lambda a, b: a + b)
        .to_dict()
    )


def variant(flow: gr.Flow, case: Case) -> Any:
    def country(line: str) -> tuple[str, str]:
        user, _, code = line.split(",")
        return user, code

    events = flow.read_text(str(case.inputs["events"])).key_by(lambda line: line.split(",")[1])
    amounts = events.map_values(lambda line: int(line.split(",")[2]))
    joined = amounts.join(flow.read_text(str(case.inputs["users"])).map(country))
    return joined.map(lambda row: (row[1][1], row[1][0])).reduce_by_key(lambda a, b: b + a).to_dict()


def hand(case: Case, pool: Pool) -> Any:
    return _summed(case, pool, _country_called, _amount_called)


def hand_fused(case: Case, pool: Pool) -> Any:
    return _summed(case, pool, _country_fused, _amount_fused)


def _summed(case: Case, pool: Pool, countries: Any, amounts: Any) -> dict[str, int]:
    """Sum events by user first, so that only one row a user is joined. Return the sums by country."""
    known = pool.map_async(countries, byte_ranges(case.inputs["users"], case.cores), chunksize=1)
    spent = pool.map_async(amounts, byte_ranges(case.inputs["events"], case.cores), chunksize=1)
    country: dict[str, str] = {}
    for part in known.get():
        country.update(part)
    totals: dict[str, int] = {}
    for sums in spent.get():
        for user, amount in sums.items():
            if user in country:
                totals[country[user]] = totals.get(country[user], 0) + amount
    return totals


def _country_called(part: ByteRange) -> dict[str, str]:
    return {key: value for lines in lines_of(part) for key, value in map(country_by_user, map(split, lines))}


def _amount_called(part: ByteRange) -> dict[str, int]:
    sums: dict[str, int] = {}
    for lines in lines_of(part):
        for user, amount in map(amount_by_user, map(split, lines)):
            sums[user] = add(sums[user], amount) if user in sums else amount
    return sums


def _country_fused(part: ByteRange) -> dict[str, str]:
    countries = {}
    for lines in lines_of(part):
        for line in lines:
            user, _, country = line.split(",")
            countries[user] = country
    return countries


def _amount_fused(part: ByteRange) -> dict[str, int]:
    sums: dict[str, int] = {}
    for lines in lines_of(part):
        for line in lines:
            _, user, amount, _ = line.split(",")
            if user in sums:
                sums[user] += int(amount)
            else:
                sums[user] = int(amount)
    return sums


def polars(case: Case) -> Any:
    import polars as pl

    events = pl.scan_csv(case.inputs["events"], has_header=False, new_columns=["event", "user", "amount", "action"])
    users = pl.scan_csv(case.inputs["users"], has_header=False, new_columns=["user", "name", "country"])
    totals = events.join(users, on="user").group_by("country").agg(pl.col("amount").sum())
    return dict(totals.collect(engine="streaming").rows())


def duckdb(case: Case) -> Any:
    import duckdb

    query = """
        SELECT country, sum(amount)::BIGINT
        FROM read_csv($events, header = false, names = ['event', 'user', 'amount', 'action'])
        JOIN read_csv($users, header = false, names = ['user', 'name', 'country']) USING ("user")
        GROUP BY country
    """
    paths = {name: str(path) for name, path in case.inputs.items()}
    return dict(duckdb.execute(query, paths).fetchall())


def spark_rdd(case: Case, context: Any) -> Any:
    countries = context.textFile(str(case.inputs["users"])).map(split).map(country_by_user)
    amounts = context.textFile(str(case.inputs["events"])).map(split).map(amount_by_user)
    sums = amounts.join(countries).map(lambda row: (row[1][1], row[1][0])).reduceByKey(add)
    return dict(sums.collect())


def dask_bag(case: Case) -> Any:
    import dask.bag as db

    countries = db.read_text(str(case.inputs["users"])).map(str.rstrip).map(split).map(country_by_user)
    amounts = db.read_text(str(case.inputs["events"]), blocksize=16 << 20).map(split).map(amount_by_user)
    joined = amounts.join(countries, on_self=lambda row: row[0], on_other=lambda row: row[0])
    sums = joined.foldby(lambda pair: pair[0][1], lambda total, pair: total + pair[1][1], 0, add, 0)
    return dict(sums.compute())


def inputs(folder: Path, size: int) -> Mapping[str, Path]:
    known = max(size // 5, 1)
    return {"events": data.events(folder, size, known), "users": data.users(folder, known)}


WORKLOAD = Workload(
    name="join",
    title="amounts of events summed by the country of their users",
    unit="rows",
    size=5_000_000,
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
    answer=lambda totals: sorted((country, int(total)) for country, total in totals.items()),
)
