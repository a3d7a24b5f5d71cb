"""Ways to look at a plan without running it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from glowray.action.perform import view
from glowray.dataset.core.base import Base, T_co
from glowray.watch.notebook.shown_text import PlanText
from glowray.watch.picture.heat import COLD, Heat
from glowray.watch.record.node_heat import heat_of

if TYPE_CHECKING:
    from glowray.watch.plan_view import PlanView


class Looking(Base[T_co]):
    """The methods explain and plot, and how notebooks show a dataset."""

    def explain(self, *, after: bool = False) -> str:
        """Return the plan, its stages, how each function runs, and the engine with the reason, as text. Runs nothing.

        >>> import glowray as gr
        >>> words = gr.Flow("demo", engine="inline").from_items(["to be", "or not"], partitions=2).flat_map(str.split)
        >>> print(words.map(lambda word: (word, 1)).reduce_by_key(lambda a, b: a + b).explain())
        demo
        plan
          from_items(2 rows)
          flat_map(str.split)
          map(λ word: (word, 1))
          reduce_by_key(λ a, b: a + b)
        stages
          1  from_items→flat_map→map→combine  2 partitions
          2  merge                            2 partitions  reads 1 (shuffle)
        rules  combine_before_shuffle
        functions
          1  flat_map(str.split)           arrow
          1  map(λ word: (word, 1))        arrow
          1  reduce_by_key(λ a, b: a + b)  arrow
        engine  inline (asked for)

        A stage is a chain of verbs that move no rows; it runs as one task a partition. Each function has a level:
        "arrow" runs on whole columns, "fused" is part of a generated loop, "python" is called. The reason follows.
        The rules are named that changed how the plan runs.

        With `after=True` the text tells of the last action or run of the flow. It has the rows, bytes and seconds of
        each stage and its rows by level. It says which steps handed rows to Python and why, and how long each took.

        >>> flow = gr.Flow("tripled", engine="inline")
        >>> large = flow.from_items([1, 2, 2**62, *[5] * 17], partitions=1).map(lambda n: n * 3)
        >>> large.count()
        20
        >>> print(large.explain(after=True))
        tripled
        plan
          from_items(20 rows)
          map(λ n: n * 3)
        stages
          1  from_items→map  1 task  20 → 20 rows  0 B  ... s  arrow 19, python 1
        functions
          1  map(λ n: n * 3)  arrow
          1  1 of 20 rows of map(λ n: n * 3) ran in Python: columns do not compute arithmetic of it exactly, as ...
        time
          1  from_items       ... s  ... ns a row
          1  map(λ n: n * 3)  ... s  ... ns a row
          1  output           ... s  ... ns a row
        engine  inline (asked for)
        ran  tripled: 1 stage, 1 task, 20 rows in, 20 out, 0... s, inline, native: ...

        Args:
            after: whether to tell what the last action or run of the flow did.

        Raises:
            ValueError: `after` is true, and no action of the flow has run.
        """
        if not after:
            return PlanText(self._view().explain())
        from glowray.watch.record.after_text import explained_after

        record = self._flow.outcome.record
        if not record.has_run:
            raise ValueError("explain(after=True) tells of the flow's last action, and none has run: call one first")
        return PlanText(explained_after(record))

    def plot(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """Draw the plan: boxes are stages, nodes are steps, and labelled edges are moves of rows. Runs nothing.

        After an action of this dataset, colours of nodes show time, and edges have rows and bytes. The middle of a long
        chain is folded. The stages of the last action are found by their steps.

        >>> import glowray as gr
        >>> print(gr.from_range(4).map(abs).plot())
        digraph plan {
        ...

        Args:
            path: a .svg, .png, .dot or .mmd (Mermaid) file; None writes no file.

        Returns:
            The plan in DOT if there is no path, else None.

        Raises:
            ValueError: the path has another suffix.
            MissingLibrary: .svg or .png need pygraphviz, which the extra glowray[plot] installs.
        """
        seen = self._view()
        return seen.plot(path, self._heat(seen))

    def _view(self) -> PlanView:
        return view(self._flow.settings, [self._node])

    def _heat(self, seen: PlanView) -> Heat:
        """Return the times and rows that the flow's last action measured for the nodes of this plan."""
        record = self._flow.outcome.record
        return heat_of(record, seen.graph) if record.has_run else COLD

    def _repr_svg_(self) -> str | None:
        seen = self._view()
        return seen.svg(self._heat(seen))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Return the first rows that can be had at once above the folded plan, and the plan's picture. Runs nothing."""
        from glowray.watch.dataset_view import dataset_html

        seen = self._view()
        svg = seen.svg(self._heat(seen))
        shown = {"text/html": dataset_html(seen.name, self._node, seen, svg), "text/plain": repr(self)}
        return shown if svg is None else {**shown, "image/svg+xml": svg}
