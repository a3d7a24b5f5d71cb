"""A chain of verbs beside the rows that plain Python gives, and the random sources where pipelines begin."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from glowray.dataset import Dataset
from glowray.flow import Flow
from tests.oracle import functions as f
from tests.oracle import verbs
from tests.oracle.verbs import Rows
from tests.rows.hostile import values

SCRATCH = tempfile.TemporaryDirectory(prefix="glowray-law-")
"""The folder of checkpoints."""


Draw = Callable[[st.SearchStrategy[Any]], Any]


Build = Callable[[Flow, bool], Dataset[Any]]


@dataclass(frozen=True)
class Pipeline:
    """A function that builds a dataset on a flow, the rows wanted of it, and the program as text."""

    build: Build
    wanted: Rows
    text: str

    def __repr__(self) -> str:
        return self.text

    @property
    def verbs(self) -> set[str]:
        """The names of the verbs that the program calls. Text of a row that looks like a call is counted too."""
        return set(re.findall(r"\.(\w+)[(\[]", self.text))

    def on(self, flow: Flow, *, tiny: bool = False) -> Dataset[Any]:
        return self.build(flow, tiny)

    def then(self, text: str, verb: Callable[[Dataset[Any]], Dataset[Any]], wanted: Rows) -> Pipeline:
        build = self.build
        return Pipeline(lambda flow, tiny: verb(build(flow, tiny)), wanted, f"{self.text}\n  .{text}")

    def meeting(
        self,
        text: str,
        others: list[Pipeline],
        verb: Callable[[Dataset[Any], list[Dataset[Any]]], Dataset[Any]],
        wanted: Rows,
    ) -> Pipeline:
        """Return a pipeline whose last verb takes this one and others. If this one is in `others`, it is shared."""
        build = self.build

        def both(flow: Flow, tiny: bool) -> Dataset[Any]:
            own = build(flow, tiny)
            return verb(own, [own if other is self else other.build(flow, tiny) for other in others])

        words = ", ".join("itself" if other is self else str(other).replace("\n", "\n    ") for other in others)
        return Pipeline(both, wanted, f"{self.text}\n  .{text}({words})")


def source(draw: Draw, rows: list[Any], tiny: bool, **facts: bool) -> Pipeline:
    count = max(1, len(rows)) if tiny else draw(st.integers(1, 7))
    if draw(st.integers(0, 4)) == 0:
        dealt = Rows([rows[place::count] for place in range(count)], **facts)
        text = f"from_channel(iter({rows!r}), {count})"
        return Pipeline(lambda flow, tiny: flow.from_channel(iter(rows), count), dealt, text)

    def build(flow: Flow, tiny: bool) -> Dataset[Any]:
        return flow.from_items(rows, count)

    return Pipeline(build, Rows(verbs.even(rows, count), **facts), f"from_items({rows!r}, {count})")


def any_source(draw: Draw, tiny: bool) -> Pipeline:
    kind = draw(st.sampled_from(["keyed", "keyed", "keyed", "keys", "keys", "values"]))
    if kind == "keyed":
        return keyed_source(draw, tiny)
    if kind == "keys":
        return source(draw, draw(several(near_keys(draw))), tiny, plain=True)
    return source(draw, draw(several(values)), tiny)


def several(rows: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.sampled_from([0, 3, 6, 10]).flatmap(lambda least: st.lists(rows, min_size=least, max_size=least + 4))


def near_keys(draw: Draw) -> st.SearchStrategy[Any]:
    """Return a strategy of neighbours in the list of keys, so that equal keys of different types meet often."""
    start = draw(st.integers(0, len(f.KEYS) - 1))
    return st.sampled_from((f.KEYS + f.KEYS)[start : start + draw(st.sampled_from([2, 4, len(f.KEYS)]))])


def keyed_source(draw: Draw, tiny: bool) -> Pipeline:
    rows = several(st.tuples(near_keys(draw), values))
    return source(draw, draw(rows), tiny, keyed=True)


def picked(draw: Draw) -> f.Picked:
    return f.Picked(draw(st.integers(0, len(f.KEYS) - 1)), draw(st.sampled_from([1, 3, 9, len(f.KEYS)])))


def rank_function(draw: Draw) -> f.Rank:
    return f.Rank(draw(st.integers(0, 9)), draw(st.booleans()))
