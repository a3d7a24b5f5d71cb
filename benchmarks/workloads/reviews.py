"""Functions of text and JSON of each row, as UDFBench has them: beside DuckDB with the same functions in Python.

The kinds of functions follow "UDFBench: A Tool for Benchmarking UDF Queries on SQL Engines". Functions and data are
our own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from multiprocessing.pool import Pool
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import texts
from benchmarks.program import Case, Workload, glowray, native, pooled
from benchmarks.ranges import ByteRange, byte_ranges, lines_of

if TYPE_CHECKING:
    import glowray as gr

Row = dict[str, Any]
Totals = dict[tuple[str, int], tuple[int, float, int]]

NUMBERED = re.compile(r"\([0-9]+\)$")


def clean_title(text: str) -> str:
    """Return a title in lower case, without a number in brackets at its end."""
    return NUMBERED.sub("", text.strip().lower()).strip()


def year(text: str) -> int:
    """Return the year of a date in one of two formats, 0 for another text."""
    parts = text.replace("/", "-").split("-")
    return int(parts[0]) if len(parts) == 3 and parts[0].isdigit() else 0


def author_count(text: str) -> int:
    """Return the number of names in a JSON list, 0 for a text that is no JSON."""
    try:
        return len(json.loads(text))
    except ValueError:
        return 0


def stars(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def town(text: str) -> str:
    return text.split(",")[0].strip().title()


def plain(flow: gr.Flow, case: Case) -> Any:
    sums = (
        flow.read_json(str(case.inputs["reviews"]))
        .filter(lambda row: "café" in clean_title(row["title"]))
        .map(lambda row: ((town(row["place"]), year(row["date"])), (author_count(row["authors"]), stars(row["stars"]))))
        .reduce_by_key(lambda a, b: (a[0] + b[0], a[1] + b[1]))
    )
    return [(*key, *values) for key, values in sums.collect()]


def variant(flow: gr.Flow, case: Case) -> Any:
    def people(text: str) -> int:
        try:
            names = json.loads(text)
        except json.JSONDecodeError:
            return 0
        return len(names)

    def when(text: str) -> int:
        for mark in ("-", "/"):
            first, found, rest = text.partition(mark)
            if found and rest.count(mark) == 1 and first.isdigit():
                return int(first)
        return 0

    def rated(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = 0.0
        return value

    def titled(text: str) -> str:
        return re.sub(r"\([0-9]+\)$", "", text.lower().strip()).rstrip()

    rows = (
        flow.read_json(str(case.inputs["reviews"]))
        .with_fields(title=lambda row: titled(row["title"]), place=lambda row: row["place"].partition(",")[0])
        .filter(lambda row: row["title"].find("café") >= 0)
        .key_by(lambda row: (row["place"].strip().title(), when(row["date"])))
        .map_values(lambda row: (people(row["authors"]), rated(row["stars"])))
        .aggregate_by_key((0, 0.0), lambda a, b: (a[0] + b[0], a[1] + b[1]), lambda a, b: (a[0] + b[0], a[1] + b[1]))
    )
    return [(*key, *values) for key, values in rows.collect()]


def hand(case: Case, pool: Pool) -> Any:
    totals: dict[tuple[str, int], tuple[int, float]] = {}
    for part in pool.map(_totals, byte_ranges(case.inputs["reviews"], case.cores), chunksize=1):
        for key, (count, worth) in part.items():
            known = totals.get(key, (0, 0.0))
            totals[key] = known[0] + count, known[1] + worth
    return [(*key, *values) for key, values in totals.items()]


def _totals(part: ByteRange) -> dict[tuple[str, int], tuple[int, float]]:
    totals: dict[tuple[str, int], tuple[int, float]] = {}
    for lines in lines_of(part):
        for row in map(json.loads, lines):
            if "café" in clean_title(row["title"]):
                key = town(row["place"]), year(row["date"])
                known = totals.get(key, (0, 0.0))
                totals[key] = known[0] + author_count(row["authors"]), known[1] + stars(row["stars"])
    return totals


def duckdb(case: Case) -> Any:
    """Call the same functions from SQL, a value at a time."""
    import duckdb

    connection = duckdb.connect()
    for function in (clean_title, year, author_count, stars, town):
        connection.create_function(function.__name__, function, ["VARCHAR"], _SQL[function.__name__])
    found = connection.execute(f"""
        SELECT town(place) AS t, year(date) AS y, sum(author_count(authors)), sum(stars(stars))
        FROM read_json('{case.inputs["reviews"]}', format='newline_delimited', columns={_COLUMNS})
        WHERE contains(clean_title(title), 'café') GROUP BY t, y
    """).fetchall()
    connection.close()
    return found


_SQL = {"clean_title": "VARCHAR", "year": "BIGINT", "author_count": "BIGINT", "stars": "DOUBLE", "town": "VARCHAR"}
_COLUMNS = dict.fromkeys(("title", "authors", "date", "place", "stars"), "VARCHAR")


def answer(rows: Any) -> list[tuple[str, int, int, float]]:
    """Return the sums of each place and year, rounded: programs add in different orders."""
    return sorted((place, when, int(count), round(worth, 6)) for place, when, count, worth in rows)


def inputs(folder: Path, size: int) -> Mapping[str, Path]:
    return {"reviews": texts.reviews(folder, size)}


WORKLOAD = Workload(
    name="reviews",
    title="functions of text and JSON of each review, summed by place and year",
    unit="rows",
    size=500_000,
    inputs=inputs,
    programs=(
        glowray(plain),
        glowray(variant, "glowray-variant"),
        pooled(hand, "hand"),
        native(duckdb, "duckdb"),
    ),
    answer=answer,
)
