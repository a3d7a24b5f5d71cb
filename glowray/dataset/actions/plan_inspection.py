"""Ways to look at a plan without running it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from glowray.action.perform import view
from glowray.dataset.core.base import Base, T_co
from glowray.watch.notebook.shown_text import PlanText

if TYPE_CHECKING:
    from glowray.watch.plan_view import PlanView


class Looking(Base[T_co]):
    """The methods explain and plot, and how notebooks show a dataset."""

    def explain(self) -> str:
        """Return the plan, its stages, how each function runs, and the engine with the reason, as text. Runs nothing.

        >>> import glowray as gr
        >>> words = gr.Flow("demo", engine="inline").from_items(["to be", "or not"], partitions=2).flat_map(str.split)
        >>> print(words.map(lambda word: (word, 1)).reduce_by_key(lambda a, b: a + b).explain())
        demo
        plan
          from_items(2 rows)
          flat_map(str.split)
          map(λ:1)
          reduce_by_key(λ:1)
        stages
          1  from_items→flat_map→map→combine  2 partitions
          2  merge                            2 partitions  reads 1 (shuffle)
        rules  combine_before_shuffle
        functions
          1  flat_map(str.split)  arrow
          1  map(λ:1)             arrow
          1  reduce_by_key(λ:1)   arrow
        engine  inline (asked for)

        A stage is a chain of verbs that move no rows; it runs as one task a partition. Each function has a level:
        "arrow" runs on whole columns, "fused" is part of a generated loop, "python" is called. The reason follows.
        The rules are named that changed how the plan runs.
        """
        return PlanText(self._view().explain())

    def plot(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """Draw the plan: boxes are stages, nodes are steps, and labelled edges are moves of rows. Runs nothing.

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
        return self._view().plot(path)

    def _view(self) -> PlanView:
        return view(self._flow.settings, [self._node])

    def _repr_svg_(self) -> str | None:
        return self._view().svg()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Return the first rows that can be had at once above the folded plan, and the plan's picture. Runs nothing."""
        from glowray.watch.dataset_view import dataset_html

        seen = self._view()
        svg = seen.svg()
        shown = {"text/html": dataset_html(seen.name, self._node, seen, svg), "text/plain": repr(self)}
        return shown if svg is None else {**shown, "image/svg+xml": svg}
