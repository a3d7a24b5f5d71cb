"""Test which steps become column steps, and where a segment leaves columns."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import partial
from typing import Any

import glowray as gr
from glowray.dataset import Dataset
from glowray.kernels.compiled.guarded import ColumnProgram, Guarded
from glowray.kernels.compiled.guarded_fold import GuardedFold
from glowray.kernels.compiled.local_combine import ResumedTable
from glowray.kernels.compiled.row_loop import RowLoop
from glowray.kernels.operators.columns import ColumnStep
from glowray.physical.compile.weaving import weave
from glowray.physical.stages.stage import runs_of
from glowray.rows.types.kinds import ListOf, TupleOf
from glowray.vectorize.columns.folds.accumulations import Accumulation


@dataclass
class Chained:
    """The part of a segment that runs over columns, and whether Python continues after it."""

    program: ColumnProgram
    fold: Accumulation | None = None
    in_python: bool = False

    @property
    def steps(self) -> tuple[ColumnStep, ...]:
        return self.program.steps


def chains(rows: Dataset[Any]) -> list[Chained]:
    """Return the column programs of a plan, in order."""
    found: list[Chained] = []
    for run in runs_of(rows._view().stages).values():
        for fragment in weave(run, True):
            for each in fragment.operators:
                if isinstance(each, Guarded):
                    found.append(Chained(each.fast))
                elif isinstance(each, GuardedFold) and isinstance(each.slow, ResumedTable):
                    assert isinstance(each.fast, partial)
                    found[-1].fold = each.fast.args[1]
                elif isinstance(each, RowLoop) and found:
                    found[-1].in_python = True
    return found


def flow() -> gr.Flow:
    return gr.Flow("job", engine="inline")


def test_a_chain_from_end_to_end() -> None:
    pairs = flow().from_items(["a b", "c"], partitions=1).flat_map(str.split).map(lambda word: (word, 1))
    (combine,) = chains(pairs.reduce_by_key(operator.add))
    assert (len(combine.steps), combine.program.kind, combine.program.result) == (2, str, TupleOf((str, int)))
    assert combine.fold is not None and not combine.in_python


def test_kinds_go_through_a_shuffle() -> None:
    pairs = flow().from_items(["a b", "c"], partitions=2).flat_map(str.split).map(lambda word: (word, 1))
    found = chains(pairs.reduce_by_key(operator.add).map_values(lambda n: n * 0.5).filter(lambda word, n: n > 1.0))
    assert found[-1].program.result == TupleOf((str, float))


def test_counts_and_means_fold_columns() -> None:
    rows = flow().from_items([("a", 1), ("b", 2)], partitions=2)
    counting, *_ = chains(rows.count_by_key())
    assert counting.fold is not None and counting.fold.kind is int
    of_values, *_ = chains(rows.count_by_value())
    assert of_values.fold is not None
    add = lambda acc, value: (acc[0] + value * 0.5, acc[1] + 1)
    merged = rows.aggregate_by_key((0, 0), add, lambda a, b: (a[0] + b[0], a[1] + b[1])).map(lambda k, a: a[0] + a[1])
    summing, after = chains(merged)
    assert summing.fold is not None
    assert after.program.kind == TupleOf((str, TupleOf((float, int))))


def test_rows_that_are_lists_are_columns() -> None:
    fields = flow().from_items(["1,a", "2,b"], partitions=1).map(lambda line: line.split(","))
    (chain,) = chains(fields.map(lambda fields: (fields[1], int(fields[0]))))
    assert len(chain.steps) == 2 and chain.program.result == TupleOf((str, int))
    (chain,) = chains(fields.filter(lambda fields: len(fields) > 1))
    assert chain.program.result == ListOf(str) and not chain.in_python


def test_values_that_no_program_looks_into_do_not_end_the_columns() -> None:
    rows = flow().from_items([("a", b"x", None), ("b", b"", 1)], partitions=1)
    (chain,) = chains(rows.map(lambda name, data, n: (name.upper(), data, n or 0)).filter(lambda s, d, n: s > "A"))
    assert len(chain.steps) == 2
    assert rows.map(lambda name, data, n: (name.upper(), data, n)).collect() == [("A", b"x", None), ("B", b"", 1)]


def test_an_opaque_step_ends_the_columns() -> None:
    def opaque(row: int) -> Any:
        return [row]

    numbers = flow().from_range(9, partitions=1).map(lambda n: n * 2).filter(lambda n: n % 3 == 0)
    (chain,) = chains(numbers.map(opaque).map(len))
    assert len(chain.steps) == 2 and chain.in_python and chain.program.result is int


def test_cheap_steps_stay_in_python_where_rows_leave_columns_anyway() -> None:
    rows = flow().from_items(["a"], partitions=1).map(lambda s: s.strip()).map(lambda s: [s])
    assert chains(rows) == []


def test_rows_without_a_kind_have_no_columns() -> None:
    rows: list[Any] = [1, "a", None]
    assert chains(flow().from_items(rows, partitions=1).map(lambda x: x)) == []
    assert chains(flow().from_source(lambda index: [index], 2).map(lambda x: x)) == []
