"""A plan as a graph of nodes, edges and boxes. Every picture format shows this graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from glowray.kernels.base.steps import Step
from glowray.kernels.ends.sources import ReadSource
from glowray.kernels.partition.partition_steps import Write
from glowray.physical.stages.stage import StagePlan
from glowray.watch.plan.composed_verbs import is_glue, prepares
from glowray.watch.plan.row_moves import moves
from glowray.watch.plan.step_names import step_name
from glowray.watch.plan.user_functions import is_given

Kind = Literal["source", "step", "wide", "output"]


@dataclass(frozen=True, slots=True)
class PictureNode:
    """A step: its verb, and its function or its arguments as `detail`. `steps` are the full names of its steps."""

    name: str
    verb: str
    detail: str
    kind: Kind
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """Rows go from node `tail` to node `head`. `label` says how they move, "" if each stays in its partition.

    `leaves` says whether the rows go to another stage.
    """

    tail: str
    head: str
    label: str = ""
    leaves: bool = True


@dataclass(frozen=True, slots=True)
class Box:
    """A stage. `runs` are its chains of nodes, in the order in which rows go through them."""

    number: int
    partitions: int
    runs: tuple[tuple[PictureNode, ...], ...]

    @property
    def title(self) -> str:
        """Return the stage's number and its number of partitions as text."""
        return f"stage {self.number} · {self.partitions} partition{'' if self.partitions == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Graph:
    """The boxes of all stages, and the edges between nodes that are not adjacent in one run."""

    title: str
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]

    @property
    def stages(self) -> dict[str, int]:
        """Return {node: the number of its stage}."""
        return {node.name: box.number for box in self.boxes for run in box.runs for node in run}


def describe(title: str, stages: Sequence[StagePlan], outputs: Sequence[StagePlan] = ()) -> Graph:
    """Return the graph of a plan's stages. With several targets their last stages, `outputs`, get output nodes."""
    graph = _Builder({id(stage): place for place, stage in enumerate(outputs, 1)} if len(outputs) > 1 else {})
    for stage in stages:
        graph.add(stage)
    return Graph(title, tuple(graph.boxes), tuple(graph.edges))


class _Builder:
    """Adds stages one by one. `exits` holds for each stage the nodes from which its rows leave."""

    def __init__(self, outputs: dict[int, int]) -> None:
        self.outputs = outputs
        self.boxes: list[Box] = []
        self.edges: dict[Edge, None] = {}
        self.exits: dict[int, list[str]] = {}

    def add(self, stage: StagePlan) -> None:
        tail = _shared_tail(stage)
        end = self._end(stage, tail)
        heads = [self._head(stage, place, len(tail), bool(end)) for place in range(len(stage.branches))]
        for branch, head in zip(stage.branches, heads, strict=True):
            first = (head or end)[0].name
            for upstream, label in moves(branch):
                self.edges.update((Edge(exit_, first, label), None) for exit_ in self.exits[id(upstream)])
        if len(heads) == 1:
            runs = [heads[0] + end]
        else:
            self.edges.update((Edge(head[-1].name, end[0].name, leaves=False), None) for head in heads if head and end)
            runs = [*heads, end]
        self.boxes.append(Box(stage.number, stage.num_tasks, tuple(run for run in runs if run)))
        self.exits[id(stage)] = [end[-1].name] if end else [head[-1].name for head in heads]

    def _head(self, stage: StagePlan, place: int, shared: int, has_end: bool) -> tuple[PictureNode, ...]:
        """Return the nodes of a branch before the steps that all branches share."""
        branch = stage.branches[place]
        steps = _shown(branch.steps[: len(branch.steps) - shared])
        ways = [way for _, way in moves(branch)]
        if branch.source.label or not (steps or has_end):
            steps.insert(0, (branch.source, "wide" if any(ways) else "step" if ways else "source"))
        elif steps and any(ways):
            steps[0] = (steps[0][0], "wide")
        return _run(f"s{stage.number}b{place}", steps)

    def _end(self, stage: StagePlan, tail: Sequence[Step]) -> tuple[PictureNode, ...]:
        """Return the nodes of the steps that all branches share, and the output node if there is one."""
        name = f"s{stage.number}e"
        run = _run(name, _shown(tail))
        number = self.outputs.get(id(stage))
        written = any(isinstance(step, Write) for branch in stage.branches for step in branch.steps[-1:])
        if number is None or written:
            return run
        return (*run, PictureNode(f"{name}o", "output", str(number), "output"))


def _shared_tail(stage: StagePlan) -> tuple[Step, ...]:
    """Return the last steps that all branches of a union share. They are drawn once."""
    if len(stage.branches) == 1:
        return ()
    tail: list[Step] = []
    for steps in zip(*(reversed(branch.steps) for branch in stage.branches), strict=False):
        if any(step is not steps[0] for step in steps):
            break
        tail.append(steps[0])
    return tuple(reversed(tail))


def _shown(steps: Sequence[Step]) -> list[tuple[Step, Kind]]:
    return [(step, "step") for step in steps if not is_glue(step)]


def _run(prefix: str, steps: Sequence[tuple[Step, Kind]]) -> tuple[PictureNode, ...]:
    """Return the nodes of a chain of steps. The steps of one verb are one node."""
    nodes: list[tuple[str, list[str], Kind, list[str]]] = []
    before: Step | None = None
    for step, kind in steps:
        verb, detail = words(step)
        if not prepares(before, verb):
            nodes.append((verb, [], "output" if isinstance(step, Write) else kind, []))
        before = step
        nodes[-1][3].append(step.reader.label if isinstance(step, ReadSource) else step_name(step))
        if detail and detail not in nodes[-1][1]:
            nodes[-1][1].append(detail)
    return tuple(
        PictureNode(f"{prefix}n{place}", verb, ", ".join(details), kind, tuple(steps))
        for place, (verb, details, kind, steps) in enumerate(nodes)
    )


PHASES = ("merge", "bounds", "range")
"""Labels of the stages of one verb. A node shows the label first, and the verb as its detail."""


def words(step: Step) -> tuple[str, str]:
    """Return (the verb of a step as a picture shows it, the detail beside it)."""
    if isinstance(step, ReadSource):
        return step.verb, step.reader.label.removeprefix(step.verb).removeprefix("(").removesuffix(")")
    if step.label in PHASES:
        return step.label, "" if step.verb == step.label else step.verb
    word = step.word or step.label
    details = [step.label] if step.label not in ("", step.verb, word) else list(_arguments(step))
    if word != step.verb:
        details.insert(0, step.verb)
    return word or "read", ", ".join(details)


def _arguments(step: Step) -> tuple[str, ...]:
    return step.details(tuple(function.label for function in step.functions[:1] if is_given(function)))
