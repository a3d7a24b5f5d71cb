"""Verbs of records (rows that are dicts): choose, rename, add and explode fields. No data moves."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from glowray.dataset.core.base import Base, Options, T_co
from glowray.dataset.core.fields import Key, checked_names, dropped, label_of_names, renamed, selected
from glowray.functions import Function
from glowray.functions.combiner import Zero
from glowray.functions.show import shown
from glowray.kernels.operators.explode import Explode
from glowray.kernels.operators.map import Map
from glowray.kernels.operators.with_fields import WithFields

if TYPE_CHECKING:
    from glowray.dataset.dataset import Dataset


class RecordVerbs(Base[T_co]):
    """The verbs select, drop, rename, with_fields and explode."""

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

    def rename(self, fields: Mapping[str, str] | None = None, /, **names: str) -> Dataset[dict[str, Any]]:
        """Rename some fields of each record; they keep their places. No data moves.

        >>> import glowray as gr
        >>> gr.from_items([{"a": 1, "b": 2}]).rename(a="x").collect()
        [{'x': 1, 'b': 2}]
        >>> gr.from_items([{"tail number": "N1"}]).rename({"tail number": "plane"}).collect()
        [{'plane': 'N1'}]

        Args:
            fields: a dict like `names`, for old names that are no identifiers.
            names: the new name of each old one: `rename(old="new")`.

        Raises:
            TypeError: there is no name, a name is not a str, or `fields` is not a dict.
            ValueError: two fields would have one name; at the action, if one of them is not renamed.
            KeyError: at the action, a record lacks a field.
        """
        if fields is not None:
            names = {**dict(zip(checked_names("rename", [*fields]), fields.values(), strict=True)), **names}
        checked_names("rename", [*names.values()])
        label = ", ".join(f"{old}={new!r}" for old, new in names.items())
        return self._renewed("rename", renamed(names), label)

    def with_fields(
        self,
        fields: Mapping[str, Any] | None = None,
        /,
        *,
        name: str | None = None,
        on_error: str | pathlib.Path | None = None,
        num_cpus: float | None = None,
        num_gpus: float | None = None,
        memory: int | None = None,
        **named: Any,
    ) -> Dataset[dict[str, Any]]:
        """Add fields to each record, or replace them: by functions of the record, or by fixed values. No data moves.

        >>> import glowray as gr
        >>> gr.from_items([{"miles": 60, "hours": 2}]).with_fields(speed=lambda r: r["miles"] / r["hours"]).collect()
        [{'miles': 60, 'hours': 2, 'speed': 30.0}]
        >>> gr.from_items([{"a": 1, "b": 2}]).with_fields({"name": "x"}, a=lambda r: r["a"] + r["b"]).collect()
        [{'a': 3, 'b': 2, 'name': 'x'}]

        A field that exists keeps its place and gets the new value. Every function gets the record as it came in.

        Args:
            fields: a dict like `named`, for fields with the name of one of the arguments below.
            named: for each field, a function of the record (which is never spread), or a value that is not a function.
            name: the step's name in plans, statistics and errors.
            on_error: as for map(), for records on which a function fails, and for rows that are not dicts.
            num_cpus: as for map(), like num_gpus and memory.

        Raises:
            TypeError: there is no field, or a function takes another number of arguments. At the action, a row is not
                a dict.
        """
        options = Options(name, on_error, num_cpus, num_gpus, memory)
        values = {**(fields or {}), **named}
        checked_names("with_fields", [*values])
        made = tuple((field, _field_value(value, options)) for field, value in values.items())
        label = name or ", ".join(f"{field}={_shown(value)}" for field, value in made)
        step = WithFields("with_fields", label, made, on_error=self._policy(options))
        return self._step(step, options.resources)

    def explode(self, name: str) -> Dataset[dict[str, Any]]:
        """Make a record of each item of a field, with the item in the field's place. No data moves.

        >>> import glowray as gr
        >>> gr.from_items([{"id": 1, "tags": ["a", "b"]}, {"id": 2, "tags": None}]).explode("tags").collect()
        [{'id': 1, 'tags': 'a'}, {'id': 1, 'tags': 'b'}]

        A record whose field is empty or None is dropped.

        Args:
            name: the field's name. Its values are iterables or None: a str gives its characters, a dict its keys.

        Raises:
            TypeError: the name is not a str. At the action, a row is not a dict, or the field is not iterable.
            KeyError: at the action, a record lacks the field.
        """
        checked_names("explode", [name])
        return self._step(Explode("explode", repr(name), name))

    def _renewed(self, verb: str, call: Key, label: str) -> Dataset[Any]:
        return self._step(Map(verb, label, Function.of(call, verb, label=label)))


def _field_value(value: Any, options: Options) -> Function | Zero:
    """Return a field's function, which is given the record and nothing else, or its value."""
    if not callable(value):
        return Zero(value)
    function = Function.of(value, "with_fields", name=options.name, spreads=False, arguments=(1,))
    return replace(function, of_row=True)


def _shown(value: Function | Zero) -> str:
    return value.label if isinstance(value, Function) else shown(value.value, 20)
