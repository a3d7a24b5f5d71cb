"""Long plans, as a loop makes them. As a program, it runs every operation on each plan, on a small stack."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import Any

import glowray as gr
from glowray.dataset import Dataset

Rows = Dataset[Any]

SMALL_STACK = 256 * 1024
"""The stack in bytes. A few hundred nested generators fill it with frames of CPython."""


def repeated(rows: Rows, times: int, verb: Callable[[Rows], Rows]) -> Rows:
    for _ in range(times):
        rows = verb(rows)
    return rows


def numbers(flow: gr.Flow, partitions: int = 2) -> Rows:
    return flow.from_range(3, partitions=partitions)


def pairs(flow: gr.Flow, partitions: int = 2) -> Rows:
    return flow.from_items([("a", 1), ("b", 2)], partitions=partitions)


# Each entry has the plan of a number of rounds, and the rows that it gives.
Build = Callable[[gr.Flow, int], tuple[Rows, list[Any]]]

SHAPES: dict[str, Build] = {
    "maps": lambda flow, n: (repeated(numbers(flow), n, lambda ds: ds.map(lambda x: x + 1)), [n, n + 1, n + 2]),
    "filters": lambda flow, n: (repeated(numbers(flow), n, lambda ds: ds.filter(lambda x: x != 1)), [0, 2]),
    "flat_maps": lambda flow, n: (repeated(numbers(flow), n, lambda ds: ds.flat_map(lambda x: (x,))), [0, 1, 2]),
    "unions": lambda flow, n: (
        repeated(flow.from_items(["a"]), n // 4, lambda ds: ds.union(flow.from_items(["b"]))),
        ["a", *["b"] * (n // 4)],
    ),
    "unions of the other side": lambda flow, n: (
        repeated(flow.from_items(["a"]), n // 4, lambda ds: flow.from_items(["b"]).union(ds)),
        [*["b"] * (n // 4), "a"],
    ),
    "iterators": lambda flow, n: (
        repeated(numbers(flow), n // 8, lambda ds: ds.map_partitions(lambda rows: (row + 1 for row in rows))),
        [n // 8 + row for row in range(3)],
    ),
    "folds of one partition": lambda flow, n: (
        repeated(pairs(flow, 1), n // 16, lambda ds: ds.map_values(lambda x: x + 1).reduce_by_key(max)),
        [("a", n // 16 + 1), ("b", n // 16 + 2)],
    ),
    "shuffles": lambda flow, n: (
        repeated(flow.from_items([(0, 1)], partitions=2), n // 32, lambda ds: ds.map(_next).reduce_by_key(max)),
        [(n // 32, 1)],
    ),
    "sorts": lambda flow, n: (repeated(numbers(flow, 1), n // 16, lambda ds: ds.sort(lambda x: -x)), [2, 1, 0]),
    "limits": lambda flow, n: (repeated(numbers(flow), n, lambda ds: ds.limit(2)), [0, 1]),
    "joins": lambda flow, n: (
        repeated(pairs(flow), n // 32, lambda ds: ds.join(pairs(flow)).map_values(lambda a, b: a)),
        [("a", 1), ("b", 2)],
    ),
    "zips": lambda flow, n: (
        repeated(numbers(flow), n // 32, lambda ds: ds.zip(numbers(flow)).map(lambda a, b: a)),
        [0, 1, 2],
    ),
    "caches": lambda flow, n: (
        repeated(numbers(flow), n // 32, lambda ds: ds.map(lambda x: x + 1).cache()),
        [n // 32 + row for row in range(3)],
    ),
    "of everything": lambda flow, n: (repeated(pairs(flow), n // 48, _round), [("a", 1), ("b", 2)]),
}


def _next(key: int, value: int) -> tuple[int, int]:
    return key + 1, value


def _round(ds: Rows) -> Rows:
    ds = ds.map(lambda k, v: (k, v)).filter(lambda k, v: v > 0).union(ds.filter(lambda k, v: v < 0))
    return ds.reduce_by_key(max).repartition(2).sort(lambda k, v: k)


def work(name: str, rounds: int) -> str:
    """Run every operation that walks a plan on one plan. Return "" if all results are right."""
    rows, wanted = SHAPES[name](gr.Flow(engine="inline"), rounds)
    KEPT.append(rows)
    texts = [repr(rows), rows.explain(), rows.plot() or ""]
    found = sorted(rows.collect()) if name in ("joins", "folds of one partition") else rows.collect()
    first = rows.take(1)
    if found != wanted or (first != wanted[:1] and name != "joins") or not all(texts):
        return f"{found} instead of {wanted}"
    return "" if max(map(len, texts[1].splitlines())) < 500 else "a line of explain() is too long"


KEPT: list[Rows] = []
"""Plans are kept here, so that none is freed in the small stack. CPython 3.13 recurses to free a long chain."""


def main() -> None:
    for name in SHAPES:
        try:
            told = work(name, int(sys.argv[1]))
        except BaseException as error:
            told = f"{type(error).__name__}: {error}"
        print(f"{name}: {told[:300]}", flush=True)
    os._exit(0)


if __name__ == "__main__":
    gr.from_items([("a", 1)], partitions=2).reduce_by_key(max).collect()  # imports modules on a large stack
    threading.stack_size(SMALL_STACK)
    thread = threading.Thread(target=main)
    thread.start()
    thread.join()  # from 3.12 on, no thread can be started once the main thread has ended
