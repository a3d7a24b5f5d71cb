"""At which level each function of the user's runs: inlined in a generated loop, or called, and then why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from glowray.functions import Function
from glowray.kernels import combine, partition_steps, sources
from glowray.kernels.loop import Loop
from glowray.kernels.steps import FunctionStep, Step
from glowray.physical.stage import Branch, Stage
from glowray.physical.weaving import weave
from glowray.watch.given import is_given


@dataclass(frozen=True, slots=True)
class Level:
    """A function as explain() shows it; `reason` is why it is not at a higher level (None: it is at the highest)."""

    stage: int
    function: str
    level: str
    reason: str | None = None

    def __str__(self) -> str:
        return f"{self.level}: {self.reason}" if self.reason else self.level


def levels(stages: Sequence[Stage], vectorize: bool) -> list[Level]:
    """Every function of the user's once, in the order of stages and steps."""
    found: dict[int, Level] = {}
    for stage in stages:
        for branch in stage.branches:
            for function, reason in _functions(branch, stage, vectorize):
                if is_given(function) and id(function) not in found:
                    name = f"{function.verb}({function.label})"
                    found[id(function)] = Level(stage.number, name, "python" if reason else "fused", reason)
    return list(found.values())


def _functions(branch: Branch, stage: Stage, vectorize: bool) -> Iterator[tuple[Function, str | None]]:
    yield from _of_source(branch.source)
    for loop in weave(branch.source, branch.steps, stage.exchange, vectorize):
        yield from _of_loop(loop, vectorize)


def _of_source(source: Step) -> Iterator[tuple[Function, str | None]]:
    if isinstance(source, sources.Read) and source.function is not None:
        yield source.function, "it is called once a partition"
    if isinstance(source, sources.MergeByKey):
        yield source.function, "it merges the partial results of a key"
    if isinstance(source, sources.CombineThenMerge):
        yield source.step.combiner.add, "it folds rows that were shuffled first"
        yield source.step.combiner.merge, "it merges the partial results of a key"


def _of_loop(loop: Loop, vectorize: bool) -> Iterator[tuple[Function, str | None]]:
    for step, reason in zip(loop.steps, loop.reasons, strict=True):
        if reason is not None and not vectorize:
            reason = "vectorize=False"
        if isinstance(step, FunctionStep):
            yield step.function, reason
        elif isinstance(step, combine.CombineByKey):
            yield step.combiner.add, reason
            yield step.combiner.merge, "it merges the partial results of a key"
        elif isinstance(function := getattr(step, "function", None), Function):
            yield function, _of_partition(step)


def _of_partition(step: Step) -> str:
    if isinstance(step, partition_steps.MapPartitions):
        return "it is called once a partition"
    if isinstance(step, (partition_steps.LocalSort, partition_steps.Top)):
        return "a key to order by is called once a row"
    if isinstance(step, (partition_steps.Reduce, partition_steps.Aggregate)):
        return "it folds a whole partition"
    return "it is given many rows at once"
