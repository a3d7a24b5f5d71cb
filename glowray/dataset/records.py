"""Verbs of records (rows that are dicts): keep, drop and rename fields. No data moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glowray.dataset.base import Base, T_co
from glowray.dataset.fields import Key, checked_names, dropped, label_of_names, renamed, selected
from glowray.functions import Function
from glowray.kernels.steps import Map

if TYPE_CHECKING:
    from glowray.dataset.dataset import Dataset


class RecordVerbs(Base[T_co]):
    """The verbs select, drop and rename."""

    def select(self, *names: str) -> Dataset[dict[str, Any]]:
        """Keep some fields of each record, in the order of the names. No data moves.

        >>> import glowray as gr
        >>> gr.from_items([{"a": 1, "b": 2, "c": 3}]).select("c", "a").collect()
        [{'c': 3, 'a': 1}]

        Args:
            names: the names of the fields to keep.

        Raises:
            TypeError: there is no name, or a name is not a str.
            ValueError: a name is there twice.
            KeyError: at the action, a record lacks a field.
        """
        fields = checked_names("select", names)
        return self._renewed("select", selected(fields), label_of_names(fields))

    def drop(self, *names: str) -> Dataset[dict[str, Any]]:
        """Remove some fields from each record. No data moves.

        >>> import glowray as gr
        >>> gr.from_items([{"a": 1, "b": 2, "c": 3}]).drop("b").collect()
        [{'a': 1, 'c': 3}]

        Args:
            names: the names of the fields to remove.

        Raises:
            TypeError: there is no name, or a name is not a str.
            ValueError: a name is there twice.
            KeyError: at the action, a record lacks a field.
        """
        fields = checked_names("drop", names)
        return self._renewed("drop", dropped(fields), label_of_names(fields))

    def rename(self, **names: str) -> Dataset[dict[str, Any]]:
        """Rename some fields of each record; they keep their places. No data moves.

        >>> import glowray as gr
        >>> gr.from_items([{"a": 1, "b": 2}]).rename(a="x").collect()
        [{'x': 1, 'b': 2}]

        Args:
            names: the new name of each old one: `rename(old="new")`, or `rename(**{"old name": "new"})`.

        Raises:
            TypeError: there is no name, or a new name is not a str.
            ValueError: two fields would have one name; at the action, if one of them is not renamed.
            KeyError: at the action, a record lacks a field.
        """
        checked_names("rename", [*names.values()])
        label = ", ".join(f"{old}={new!r}" for old, new in names.items())
        return self._renewed("rename", renamed(names), label)

    def _renewed(self, verb: str, call: Key, label: str) -> Dataset[Any]:
        return self._step(Map(verb, label, Function.of(call, verb, label=label)))
