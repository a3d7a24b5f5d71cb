"""The level at which each of the user's functions runs, and why it is not at a higher one.

The levels are `arrow` (a column program), `fused` (inlined in a generated loop), and `python` (called).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from glowray.functions import Function
from glowray.kernels import Fragment
from glowray.kernels.base.steps import RowStep, Step
from glowray.kernels.ends import sources
from glowray.kernels.keys import combiners as combine
from glowray.kernels.partition import fold_steps, partition_steps, positional_steps
from glowray.kernels.task.fragment import Decision
from glowray.physical.stages.stage import StagePlan
from glowray.watch.plan.user_functions import is_given


@dataclass(frozen=True, slots=True)
class Level:
    """A function as explain() shows it. `reason` says why it is not at a higher level; None for the highest.

    `site` is the file and line of its definition, "flights.py:12"; None for C code.
    """

    stage: int
    function: str
    level: str
    reason: str | None = None
    site: str | None = None

    def __str__(self) -> str:
        return f"{self.level}: {self.reason}" if self.reason else self.level


Woven = Mapping[StagePlan, Sequence[Fragment]]
"""Stages, each with what the tasks of its branches run."""


def levels(woven: Woven, vectorize: bool) -> list[Level]:
    """Return the level of each of the user's functions once, in the order of stages and steps."""
    return levels_of([(stage.number, fragments) for stage, fragments in woven.items()], vectorize)


def levels_of(stages: Sequence[tuple[int, Sequence[Fragment]]], vectorize: bool) -> list[Level]:
    """Return the levels of functions for pairs of a stage's number and the programs of its branches."""
    found: dict[int, Level] = {}
    for number, fragments in stages:
        for fragment in fragments:
            for function, level, reason in _functions(fragment, vectorize):
                if is_given(function) and id(function) not in found:
                    name = f"{function.verb}({function.label})"
                    found[id(function)] = Level(number, name, level, reason, function.site)
    return list(found.values())


Found = tuple[Function, str, str | None]


def lowest_level(fragment: Fragment) -> str:
    """Return the lowest level that is planned for a function of a fragment.

    Without a function it is "arrow" if the rows are columns, else "python".
    """
    found = [level for decision in fragment.decisions for _, level, _ in _of_rows(decision, True)]
    found += [level for _, level, _ in _of_source(fragment.source, fragment.refused)]
    if not found:
        return "arrow" if fragment.reads_blocks else "python"
    return max(found, key=("arrow", "fused", "python").index)


def arrow_steps(fragment: Fragment) -> list[Step]:
    """Return the steps of a fragment that are planned over columns, and its source if that folds columns."""
    steps = [decision.step for decision in fragment.decisions if decision.not_columns is None]
    folds = isinstance(fragment.source, sources.MergeByKey) and fragment.source.fold is not None
    return [fragment.source, *steps] if folds else steps


def _functions(fragment: Fragment, vectorize: bool) -> Iterator[Found]:
    yield from _of_source(fragment.source, fragment.refused)
    for decision in fragment.decisions:
        yield from _of_rows(decision, vectorize)
        if isinstance(decision.step, combine.CombineStep):
            yield decision.step.combiner.merge, "python", "it merges the partial results of a key"


def _of_source(source: Step, refused: str | None) -> Iterator[Found]:
    if isinstance(source, sources.ReadSource) and source.function is not None:
        yield source.function, "python", "it is called once a partition"
    if isinstance(source, sources.MergeByKey):
        merges = (None, "arrow") if source.fold else (refused or "it merges the partial results of a key", "python")
        yield source.function, merges[1], merges[0]
    if isinstance(source, sources.CombineThenMerge):
        yield source.step.combiner.add, "python", "it folds rows that were shuffled first"
        yield source.step.combiner.merge, "python", "it merges the partial results of a key"


def _of_rows(decision: Decision, vectorize: bool) -> Iterator[Found]:
    """Yield the functions of a step that are called on its rows."""
    step, is_columns = decision.step, decision.not_columns is None
    level, why = "fused", decision.not_columns or ("its rows are Python's" if vectorize else "vectorize=False")
    if decision.not_inlined is not None:
        level, why = "python", decision.not_inlined if vectorize else "vectorize=False"
    if isinstance(step, RowStep):
        yield from ((function, *(("arrow", None) if is_columns else (level, why))) for function in step.functions)
    elif isinstance(step, combine.CombineStep):
        yield (step.combiner.add, "arrow", None) if is_columns else (step.combiner.add, level, why)
    elif isinstance(step, fold_steps.ReduceStep) and is_columns:
        yield step.function, "arrow", None
    else:
        yield from ((function, "python", _of_partition(step)) for function in step.functions)


def _of_partition(step: Step) -> str:
    if isinstance(step, positional_steps.TakeWhileStep):
        return "it is called row by row, until it is false"
    if isinstance(step, partition_steps.MapPartitions):
        return "it is called once a partition"
    if isinstance(step, fold_steps.ReduceStep):
        return "it folds a whole partition"
    return "it is given many rows at once"
