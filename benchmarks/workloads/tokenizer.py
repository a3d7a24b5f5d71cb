"""A tokenizer that no engine understands, a generator with a regular expression: count and longest word by stem."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from multiprocessing.pool import Pool
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import data
from benchmarks.program import Case, Workload, dask, glowray, native, pooled, spark
from benchmarks.ranges import ByteRange, byte_ranges, lines_of

if TYPE_CHECKING:
    import glowray as gr

WORD = re.compile(r"[^\W\d_]+")
STOP = frozenset("a e i o u ba be ca ce co da de di do en er es fa fi ga ge ha he ho in is".split())
SUFFIXES = ("ment", "ness", "ing", "ion", "ly", "al")


def stems(line: str) -> Iterator[tuple[str, int]]:
    """Yield (stem, length of the word) for every word of a line that is no stop word."""
    for match in WORD.finditer(line):
        word = match.group().lower()
        if len(word) < 3 or word in STOP:
            continue
        length = len(word)
        for suffix in SUFFIXES:
            if word.endswith(suffix) and length > len(suffix) + 2:
                word = word[: -len(suffix)]
                break
        if word[-1] == "s" and len(word) > 3:
            word = word[:-1]
        yield word, length


def stem_list(line: str) -> list[tuple[str, int]]:
    """Return what `stems` yields as a list, computed in another way."""
    found = []
    for whole in map(str.lower, WORD.findall(line)):
        if len(whole) >= 3 and whole not in STOP:
            suffix = next((end for end in SUFFIXES if whole.endswith(end) and len(whole) > len(end) + 2), "")
            word = whole.removesuffix(suffix)
            found.append((word[:-1] if word[-1] == "s" and len(word) > 3 else word, len(whole)))
    return found


one = lambda stem, length: (stem, (1, length))  # noqa: E731  (the functions of the flow below, called one by one)
more = lambda a, b: (a[0] + b[0], max(a[1], b[1]))  # noqa: E731


def plain(flow: gr.Flow, case: Case) -> Any:
    return (
        flow.read_text(str(case.inputs["text"]))
        .flat_map(stems)
        .map(lambda stem, length: (stem, (1, length)))
        .reduce_by_key(lambda a, b: (a[0] + b[0], max(a[1], b[1])))
        .to_dict()
    )


def variant(flow: gr.Flow, case: Case) -> Any:
    return (
        flow.read_text(str(case.inputs["text"]))
        .flat_map(stem_list)
        .aggregate_by_key((0, 0), lambda seen, length: (seen[0] + 1, max(seen[1], length)), more)
        .to_dict()
    )


def hand(case: Case, pool: Pool) -> Any:
    return _merged(pool.map(_called, byte_ranges(case.inputs["text"], case.cores), chunksize=1))


def hand_fused(case: Case, pool: Pool) -> Any:
    return _merged(pool.map(_fused, byte_ranges(case.inputs["text"], case.cores), chunksize=1))


def _called(part: ByteRange) -> dict[str, tuple[int, int]]:
    seen: dict[str, tuple[int, int]] = {}
    for lines in lines_of(part):
        for pair in chain.from_iterable(map(stems, lines)):
            word, value = one(*pair)
            seen[word] = more(seen[word], value) if word in seen else value
    return seen


def _fused(part: ByteRange) -> dict[str, tuple[int, int]]:
    """Count stems in one loop, without a generator, a call for each row or a tuple for each word."""
    count: dict[str, int] = {}
    longest: dict[str, int] = {}
    find = WORD.findall
    for lines in lines_of(part):
        for word in find("\n".join(lines)):
            word = word.lower()
            length = len(word)
            if length < 3 or word in STOP:
                continue
            for suffix in SUFFIXES:
                if word.endswith(suffix) and length > len(suffix) + 2:
                    word = word[: -len(suffix)]
                    break
            if word[-1] == "s" and len(word) > 3:
                word = word[:-1]
            if word in count:
                count[word] += 1
                if length > longest[word]:
                    longest[word] = length
            else:
                count[word], longest[word] = 1, length
    return {word: (n, longest[word]) for word, n in count.items()}


def _merged(parts: Iterable[dict[str, tuple[int, int]]]) -> dict[str, tuple[int, int]]:
    first, *rest = parts
    for part in rest:
        for word, value in part.items():
            first[word] = more(first[word], value) if word in first else value
    return first


def polars(case: Case) -> Any:
    import polars as pl

    lines = pl.scan_csv(case.inputs["text"], separator="\x1f", quote_char=None, schema={"line": pl.String},
                        has_header=False)  # fmt: skip

    def tokens(frame: pl.DataFrame) -> pl.DataFrame:
        rows = chain.from_iterable(map(stems, filter(None, frame["line"])))
        return pl.DataFrame(list(rows), schema={"stem": pl.String, "length": pl.Int64}, orient="row")

    found = lines.map_batches(tokens, schema={"stem": pl.String, "length": pl.Int64}, streamable=True)
    totals = found.group_by("stem").agg(pl.len(), pl.col("length").max()).collect(engine="streaming")
    return {word: (n, longest) for word, n, longest in totals.rows()}


def duckdb(case: Case) -> Any:
    import duckdb
    import pyarrow as pa
    from duckdb.func import ARROW

    pairs = pa.list_(pa.struct({"stem": pa.string(), "length": pa.int64()}))
    # A lambda, because DuckDB looks up the annotations of a def among this module's globals.
    tokens = lambda lines: pa.array(  # noqa: E731
        [[{"stem": word, "length": n} for word, n in stems(line)] for line in lines.to_pylist()], pairs
    )
    connection = duckdb.connect(config={"threads": case.cores})
    returned = "STRUCT(stem VARCHAR, length BIGINT)[]"
    connection.create_function("tokens", tokens, ["VARCHAR"], returned, type=ARROW)
    query = """
        SELECT token.stem, count(*), max(token.length)
        FROM (SELECT unnest(tokens(line)) AS token
              FROM read_csv($path, delim = $none, quote = '', escape = '', header = false,
                            columns = {'line': 'VARCHAR'}, auto_detect = false)
              WHERE line IS NOT NULL)
        GROUP BY token.stem
    """
    rows = connection.execute(query, {"path": str(case.inputs["text"]), "none": "\x1f"}).fetchall()
    return {word: (n, longest) for word, n, longest in rows}


def spark_rdd(case: Case, context: Any) -> Any:
    found = context.textFile(str(case.inputs["text"])).flatMap(stems).map(lambda pair: one(*pair))
    return found.reduceByKey(more).collectAsMap()


def dask_bag(case: Case) -> Any:
    import dask.bag as db

    found = db.read_text(str(case.inputs["text"]), blocksize=16 << 20).map(stems).flatten()
    totals = found.foldby(lambda pair: pair[0], lambda seen, pair: more(seen, (1, pair[1])), (0, 0), more, (0, 0))
    return dict(totals.compute())


def inputs(folder: Path, size: int) -> Mapping[str, Path]:
    return {"text": data.text(folder, size)}


WORKLOAD = Workload(
    name="tokenizer",
    title="count and longest word by stem, of an opaque tokenizer",
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
    answer=lambda totals: sorted((word, tuple(value)) for word, value in totals.items()),
)
