"""Plans for tests of drawings: short and long chains, wide verbs, branches that split and join."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import glowray as gr
from glowray.dataset import Dataset


def pair(row: Any) -> tuple[Any, int]:
    return row, 1


def add(a: int, b: int) -> int:
    return a + b


def swap(a: int, b: int) -> tuple[int, int]:
    return b, a


def number(word: str, n: int) -> int:
    return n


def flow() -> gr.Flow:
    return gr.Flow("job", engine="inline")


def chain(length: int) -> Dataset[Any]:
    rows: Dataset[Any] = flow().from_range(100, partitions=4)
    for place in range(length - 1):
        rows = (
            rows.filter(bool) if place % 3 else rows.map(abs, name="a step with quite a long name " * (place % 5 + 1))
        )
    return rows


def word_count() -> Dataset[Any]:
    lines = flow().from_items(["to be", "or not", "to be"], partitions=3)
    return lines.flat_map(str.split).map(pair).reduce_by_key(add)


def self_join() -> Dataset[Any]:
    pairs = flow().from_items([(1, 2), (2, 3)], partitions=2).map(swap)
    return pairs.join(pairs).distinct()


def union() -> Dataset[Any]:
    left, right = flow().from_items([1, 2], partitions=2), flow().from_range(3, partitions=1).map(str)
    return left.union(right).map(pair).partition_by_key(3).cartesian(flow().from_items("ab"))


PLANS: dict[str, Callable[[], Dataset[Any]]] = {
    "3 steps": lambda: chain(3),
    "12 steps": lambda: chain(12),
    "27 steps": lambda: chain(27),
    "40 steps": lambda: chain(40),
    "word count": word_count,
    "sorted": lambda: word_count().sort(key=number, reverse=True).top(3),
    "self join": self_join,
    "union": union,
    "zipped": lambda: word_count().zip(flow().from_range(4, partitions=2)).zip_with_index().limit(2),
    "sets": lambda: chain(2).intersection(chain(3)).subtract(chain(2)).sample(0.5, seed=1).group_by(hash),
    "quoted": lambda: flow().from_items([1]).map(abs, name='<b>"x" & \\ → [1] #;|{}`</b>\nend'),
}
