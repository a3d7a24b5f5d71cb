"""The measured time, rows and bytes of an action, for the nodes and edges of its picture."""

from __future__ import annotations

from glowray.watch.picture.heat import Heat
from glowray.watch.picture.plan_graph import Box, Graph
from glowray.watch.record.run_record import RunRecord
from glowray.watch.run.stats import StageStats
from glowray.watch.run.time_stats import PartTime
from glowray.watch.run.units import in_units


def heat_of(record: RunRecord, graph: Graph | None = None) -> Heat:
    """Return the measured times and rows by node, for the record's picture or for `graph`.

    A stage of `graph` is measured if the record has a stage of the same number that begins with the same steps.
    """
    stages = {stage.number: stage for stage in record.stats.stages}
    whole = sum(part.seconds for stage in stages.values() for part in stage.times) or 1.0
    ran = {box.number: box for box in record.graph.boxes}
    shares: dict[str, float] = {}
    words: dict[str, str] = {}
    shown: dict[int, StageStats] = {}
    for box in (graph or record.graph).boxes:
        if box.number not in stages or not _begins(ran.get(box.number), box):
            continue
        stage = shown[box.number] = stages[box.number]
        for part in stage.times:
            for node in (node for run in box.runs for node in run if _is_in(part, node.steps)):
                shares[node.name] = shares.get(node.name, 0.0) + part.seconds / whole
                words[node.name] = _words(part)
    seconds = {number: f"{stage.seconds:.2f} s" for number, stage in shown.items()}
    rows = {number: f"{stage.rows_out:,} rows, {in_units(stage.bytes)}" for number, stage in shown.items()}
    return Heat(shares, words, seconds, rows)


def _begins(ran: Box | None, box: Box) -> bool:
    """Return whether each run of a box is the start of the same run of the box that ran."""
    if ran is None or len(ran.runs) != len(box.runs):
        return False
    return all(
        [node.steps for node in whole[: len(run)]] == [node.steps for node in run]
        for run, whole in zip(box.runs, ran.runs, strict=True)
    )


def _is_in(part: PartTime, steps: tuple[str, ...]) -> bool:
    return any(step in part.steps for step in steps)


def _words(part: PartTime) -> str:
    each = f", {part.nanoseconds:,.0f} ns a row" if part.rows else ""
    return f"{part.seconds:.3f} s{each}"
