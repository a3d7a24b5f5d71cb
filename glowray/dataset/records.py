"""Verbs of records, rows that are dicts: which fields there are, and what they are called. No data moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glowray.dataset.base import Base, T_co
from glowray.dataset.fields import Key, checked_names, dropped, label_of_names, renamed, selected
from glowray.functions import Function
from glowray.kernels.steps import Map

if TYPE_CHECKING:
    from glowray.dataset.dataset import Dataset


class RecordVerbs(Base[T_co]):
    """select, drop, rename."""

    def select(self, *names: str) -> Dataset[dict[str, Any]]:
        """Records of some fields only, in the order of the names. No data moves.

        >>> import glowray as gr
        >>> gr.from_items([{"a": 1, "b": 2, "c": 3}]).select("c", "a").collect()
        [{'c': 3, 'a': 1}]

        Args:
            names: the names of the fields that stay.

        Raises:
            TypeError: there is no name, or one is no str.
            ValueError: a name is there twice.
            KeyError: at the action, a record lacks a field.
        """
        fields = checked_names("select", names)
        return self._renewed("select", selected(fields), label_of_names(fields))

    def drop(self, *names: str) -> Dataset[dict[str, Any]]:
        """Records without some fields. No data moves.

        >>> import glowray as gr
        >>> gr.from_items([{"a": 1, "b": 2, "c": 3}]).drop("b").collect()
        [{'a': 1, 'c': 3}]

        Args:
            names: the names of the fields that go.

        Raises:
            TypeError: there is no name, or one is no str.
            ValueError: a name is there twice.
            KeyError: at the action, a record lacks a field.
        """
        fields = checked_names("drop", names)
        return self._renewed("drop", dropped(fields), label_of_names(fields))

    def rename(self, **names: str) -> Dataset[dict[str, Any]]:
        """Records with other names for some fields, which keep their places. No data moves.

        >>> import glowray as gr
        >>> gr.from_items([{"a": 1, "b": 2}]).rename(a="x").collect()
        [{'x': 1, 'b': 2}]

        Args:
            names: for each old name the new one: `rename(old="new")`, `rename(**{"old name": "new"})`.

        Raises:
            TypeError: there is no name, or a new one is no str.
            ValueError: two fields get one name; at the action, if the other field is one that is not renamed.
            KeyError: at the action, a record lacks a field.
        """
        checked_names("rename", [*names.values()])
        label = ", ".join(f"{old}={new!r}" for old, new in names.items())
        return self._renewed("rename", renamed(names), label)

    def _renewed(self, verb: str, call: Key, label: str) -> Dataset[Any]:
        return self._step(Map(verb, label, Function.of(call, verb, label=label)))
