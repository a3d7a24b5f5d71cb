"""The ends of a translation: a construct without a column form, and code that always raises."""

from __future__ import annotations

import ast


class Never:
    """The kind of code that raises in each row."""


class Untranslatable(Exception):  # noqa: N818  (ends a translation with its reason; it is no failure)
    """A construct has no exact column form. The message is the reason that explain() shows.

    `line` is the line of the construct in its file, or None if it is not known yet.
    """

    line: int | None = None

    def at(self, node: ast.AST) -> Untranslatable:
        """Return this, with the line of a syntax node unless a node inside of it gave its own."""
        if self.line is None:
            self.line = vars(node).get("lineno")
        return self
