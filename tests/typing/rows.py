"""The types that checkers infer for rows of a Dataset. This module never runs; test_checkers.py checks it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, assert_type

import glowray as gr
from glowray.dataset.dataset import Grouped


def parse(line: str) -> tuple[str, int]:
    name, _, count = line.partition(":")
    return name, int(count)


def add(a: int, b: int) -> int:
    return a + b


def halves(rows: Iterator[int]) -> Iterator[float]:
    return (row / 2 for row in rows)


def types() -> None:
    flow = gr.Flow("typed")
    lines = flow.read_text("*.txt")
    words = lines.flat_map(lambda line: line.split())
    pairs = lines.map(parse)
    floats = flow.from_items([1.5]).map(lambda x: ("a", x))

    # Sources and verbs of one row.
    assert_type(lines, gr.Dataset[str])
    assert_type(words, gr.Dataset[str])
    assert_type(flow.from_items([1, 2]), gr.Dataset[int])
    assert_type(flow.from_range(3), gr.Dataset[int])
    assert_type(flow.from_source(lambda index: [str(index)], 2), gr.Dataset[str])
    assert_type(lines.map(len), gr.Dataset[int])
    assert_type(lines.map(parse, name="parse", on_error="skip"), gr.Dataset[tuple[str, int]])
    assert_type(words.filter(str.isalpha), gr.Dataset[str])
    assert_type(words.key_by(len), gr.Dataset[tuple[int, str]])
    assert_type(words.with_fields(size=len).explode("kind"), gr.Dataset[dict[str, Any]])
    assert_type(words.with_fields(size=len, kind="word"), gr.Dataset[dict[str, Any]])
    assert_type(flow.from_range(3).map_partitions(halves), gr.Dataset[float])

    # Spread: the fields of a tuple row become the arguments. In a keyed row, the fields of its value do too.
    assert_type(pairs.map(lambda name, count: (count, name)), gr.Dataset[tuple[int, str]])
    assert_type(pairs.map(lambda pair: pair[1]), gr.Dataset[int])
    assert_type(pairs.key_by(lambda name, count: count), gr.Dataset[tuple[int, tuple[str, int]]])
    assert_type(pairs.join(floats).map(lambda key, n, x: (x, n, key)), gr.Dataset[tuple[float, int, str]])
    assert_type(pairs.join(floats).map_values(lambda n, x: n * x), gr.Dataset[tuple[str, float]])
    assert_type(pairs.flat_map(lambda name, count: [name] * count), gr.Dataset[str])

    fields = lines.map(lambda line: line.split(";"))
    assert_type(fields.map(lambda name, count: (name, int(count))), gr.Dataset[tuple[str, int]])
    assert_type(fields.map(lambda a, b, c: len(b)), gr.Dataset[int])
    assert_type(fields.key_by(lambda name, count: name), gr.Dataset[tuple[str, list[str]]])
    assert_type(fields.flat_map(lambda name, count: [name]), gr.Dataset[str])

    # Keyed verbs.
    assert_type(pairs.reduce_by_key(add), gr.Dataset[tuple[str, int]])
    assert_type(pairs.reduce_by_key(lambda a, b: a + b), gr.Dataset[tuple[str, int]])
    assert_type(pairs.map_values(str), gr.Dataset[tuple[str, str]])
    assert_type(pairs.keys(), gr.Dataset[str])
    assert_type(pairs.values(), gr.Dataset[int])
    assert_type(pairs.group_by_key(), gr.Dataset[tuple[str, Sequence[int]]])
    assert_type(words.group_by(len), Grouped[tuple[int, Sequence[str]]])
    assert_type(words.count_by_value(), gr.Dataset[tuple[str, int]])
    assert_type(pairs.count_by_key(), gr.Dataset[tuple[str, int]])
    assert_type(pairs.sum_by_key(), gr.Dataset[tuple[str, int]])
    assert_type(pairs.min_by_key(), gr.Dataset[tuple[str, int | None]])
    assert_type(pairs.top_by_key(3), gr.Dataset[tuple[str, list[int]]])
    assert_type(pairs.sample_by_key({"a": 0.5}), gr.Dataset[tuple[str, int]])
    assert_type(pairs.aggregate_by_key("", lambda text, n: text + str(n), str.__add__), gr.Dataset[tuple[str, str]])
    assert_type(pairs.partition_by_key(4).sort().distinct().top(3), gr.Dataset[tuple[str, int]])

    # Order and samples.
    assert_type(words.reverse().take_while(bool).drop_while(bool).sample(2.0, replace=True), gr.Dataset[str])
    assert_type(words.sliding(2), gr.Dataset[list[str]])
    assert_type(words.sliding(2).map(lambda left, right: left + right), gr.Dataset[str])
    assert_type(words.random_split([1, 2]), list[gr.Dataset[str]])
    assert_type(words.take_sample(3), list[str])

    # Several datasets.
    assert_type(pairs.join(floats), gr.Dataset[tuple[str, tuple[int, float]]])
    assert_type(pairs.join(floats, how="left"), gr.Dataset[tuple[str, tuple[int, float | None]]])
    assert_type(pairs.join(floats, how="right"), gr.Dataset[tuple[str, tuple[int | None, float]]])
    assert_type(pairs.join(floats, how="outer"), gr.Dataset[tuple[str, tuple[int | None, float | None]]])
    assert_type(pairs.join(floats, how="anti"), gr.Dataset[tuple[str, int]])
    assert_type(pairs.join(floats, pairs), gr.Dataset[tuple[str, tuple[int, float, int]]])
    assert_type(pairs.co_group(floats), gr.Dataset[tuple[str, tuple[Sequence[int], Sequence[float]]]])
    assert_type(words.zip(flow.from_range(9)), gr.Dataset[tuple[str, int]])
    assert_type(words.cartesian(flow.from_range(9)), gr.Dataset[tuple[str, int]])
    assert_type(words.union(words), gr.Dataset[str])
    assert_type(words.zip_with_index(), gr.Dataset[tuple[str, int]])

    # Actions.
    assert_type(pairs.collect(), list[tuple[str, int]])
    assert_type(pairs.take(3), list[tuple[str, int]])
    assert_type(words.first(), str)
    assert_type(words.first(default=None), str | None)
    assert_type(pairs.to_dict(), dict[str, int])
    assert_type(pairs.values().sum(), int)
    assert_type(pairs.values().max(), int)
    assert_type(pairs.values().mean(), float)
    assert_type(words.count(), int)
    for row in pairs:
        assert_type(row, tuple[str, int])

    # The ten-line program, written with lambdas alone.
    counts = words.map(lambda word: (word, 1)).reduce_by_key(lambda a, b: a + b)
    counts.top(10, key=lambda word, n: n).show()
    assert_type(counts, gr.Dataset[tuple[str, int]])

    # An unknown type gives no error.
    unknown: gr.Dataset[Any] = flow.from_items([])
    assert_type(unknown.map(lambda a, b, c: len(a)), gr.Dataset[int])
    assert_type(unknown.map(lambda a, b, c, d, e, f: len(a)), gr.Dataset[int])
    unknown.reduce_by_key(lambda a, b: a + b).join(unknown).map(lambda key, left, right: left).collect()
