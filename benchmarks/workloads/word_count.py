"""Word count: the thousand most frequent words of a text."""

from __future__ import annotations

import heapq
import operator
from collections import Counter
from collections.abc import Mapping
from itertools import chain
from multiprocessing.pool import Pool
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import data
from benchmarks.program import Case, Workload, dask, glowray, native, pooled, spark
from benchmarks.ranges import ByteRange, byte_ranges, lines_of

if TYPE_CHECKING:
    import glowray as gr

TOP = 1000

split = lambda line: line.split()  # noqa: E731  (the lambdas of the flow below, called one by one)
pair = lambda word: (word, 1)  # noqa: E731
add = lambda a, b: a + b  # noqa: E731


def plain(flow: gr.Flow, case: Case) -> Any:
    return (
        flow.read_text(str(case.inputs["text"]))
        .flat_map(lambda line: line.split())
        .map(lambda word: (word, 1))
        .reduce_by_key(lambda a, b: a + b)
        .top(TOP, key=lambda word, n: (n, word))
        .collect()
    )


def variant(flow: gr.Flow, case: Case) -> Any:
    def one(word: str) -> tuple[str, int]:
        return word, 1

    return (
        flow.read_text(str(case.inputs["text"]))
        .flat_map(lambda line: [word for word in line.split(" ") if word])
        .map(one)
        .reduce_by_key(operator.add)
        .top(TOP, key=lambda row: (row[1], row[0]))
        .collect()
    )


def hand(case: Case, pool: Pool) -> Any:
    return _most(_merged(pool.map(_called, byte_ranges(case.inputs["text"], case.cores), chunksize=1)))


def hand_fused(case: Case, pool: Pool) -> Any:
    return _most(_merged(pool.map(_fused, byte_ranges(case.inputs["text"], case.cores), chunksize=1)))


def _called(part: ByteRange) -> dict[str, int]:
    counts: dict[str, int] = {}
    for lines in lines_of(part):
        for word, n in map(pair, chain.from_iterable(map(split, lines))):
            counts[word] = add(counts[word], n) if word in counts else n
    return counts


def _fused(part: ByteRange) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for lines in lines_of(part):
        counts.update(chain.from_iterable(map(str.split, lines)))
    return dict(counts)


def _merged(parts: list[dict[str, int]]) -> dict[str, int]:
    counts = parts[0]
    for part in parts[1:]:
        for word, n in part.items():
            counts[word] = add(counts[word], n) if word in counts else n
    return counts


def _most(counts: dict[str, int]) -> list[tuple[str, int]]:
    return heapq.nlargest(TOP, counts.items(), key=lambda row: (row[1], row[0]))


def polars(case: Case) -> Any:
    import polars as pl

    lines = pl.scan_csv(case.inputs["text"], separator="\x1f", quote_char=None, schema={"line": pl.String},
                        has_header=False)  # fmt: skip
    words = lines.select(pl.col("line").str.split(" ").alias("word")).explode("word").filter(pl.col("word") != "")
    counts = words.group_by("word").len("n")
    return counts.top_k(TOP, by=["n", "word"]).sort("n", "word", descending=True).collect(engine="streaming").rows()


def duckdb(case: Case) -> Any:
    import duckdb

    return duckdb.execute(
        """
        SELECT word, count(*) AS n
        FROM (SELECT unnest(string_split(line, ' ')) AS word
              FROM read_csv($path, delim = $none, quote = '', escape = '', header = false,
                            columns = {'line': 'VARCHAR'}, auto_detect = false))
        WHERE word <> '' GROUP BY word ORDER BY n DESC, word DESC LIMIT $top
        """,
        {"path": str(case.inputs["text"]), "none": "\x1f", "top": TOP},
    ).fetchall()


def spark_rdd(case: Case, context: Any) -> Any:
    counts = context.textFile(str(case.inputs["text"])).flatMap(split).map(pair).reduceByKey(add)
    return counts.top(TOP, key=lambda row: (row[1], row[0]))


def dask_bag(case: Case) -> Any:
    import dask.bag as db

    words = db.read_text(str(case.inputs["text"]), blocksize=16 << 20).map(split).flatten()
    counts = words.map(pair).foldby(lambda row: row[0], lambda n, row: n + row[1], 0, add, 0)
    return counts.topk(TOP, key=lambda row: (row[1], row[0])).compute()


def inputs(folder: Path, size: int) -> Mapping[str, Path]:
    return {"text": data.text(folder, size)}


WORKLOAD = Workload(
    name="word_count",
    title="the thousand most frequent words of a text",
    unit="bytes",
    size=200_000_000,
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
    answer=lambda rows: [tuple(row) for row in rows],
)
