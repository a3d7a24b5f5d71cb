"""agg_by_key, and the agg of grouped rows: many aggregates of a group at once, combined before the shuffle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from glowray.aggregates.aggregate import Aggregate
from glowray.dataset.core.base import Base, K, T_co
from glowray.functions import Function
from glowray.functions.combiner import Combiner, Zero
from glowray.functions.pairing import Pairing
from glowray.kernels.operators.map import Map
from glowray.kernels.operators.map_values import PickValues
from glowray.plan.by_key import CombineByKey

if TYPE_CHECKING:
    from glowray.aggregates.program import Program
    from glowray.dataset.dataset import Dataset

ALONE = ("key",)
"""The name of the key's field if the key is a function's."""


class AggregateVerbs(Base[T_co]):
    """The verb agg_by_key."""

    def agg_by_key(self: Base[tuple[K, Any]], **aggregates: Aggregate) -> Dataset[tuple[K, dict[str, Any]]]:
        """Aggregate the values of each key: rows (key, record of aggregates). One shuffle, as for reduce_by_key().

        >>> import glowray as gr
        >>> from glowray import agg
        >>> rows = gr.from_items([("a", 1), ("b", 2), ("a", 3)])
        >>> sorted(rows.agg_by_key(total=agg.sum(), n=agg.count()).collect())
        [('a', {'total': 4, 'n': 2}), ('b', {'total': 2, 'n': 1})]

        Args:
            aggregates: the record's fields by name; each is an aggregate from `glowray.agg`.

        Raises:
            TypeError: there is no aggregate, or an argument is not one. At the action, a row is not a 2-tuple.
        """
        return aggregated(self, "agg_by_key", aggregates, ())


def aggregated(
    keyed: Base[Any],
    verb: str,
    aggregates: dict[str, Aggregate],
    keys: Sequence[str] = (),
    function: Function | None = None,
) -> Dataset[Any]:
    """Return aggregates of the values of keyed rows: records with the key's fields `keys`, or (key, record) without
    `keys`. `function` is the user's function that gave the keys.

    Raises:
        TypeError: there is no aggregate, or an argument is not one.
        ValueError: an aggregate has the name of a key's field.
    """
    from glowray.aggregates.program import Program

    _check(verb, aggregates, keys)
    program = Program.of(aggregates, keys)
    label = ", ".join(f"{name}={each!r}" for name, each in aggregates.items())
    # agg() keys the rows itself; the rows of agg_by_key() are keyed.
    pairing = Pairing(None) if function is None else Pairing(1, function)
    pick = PickValues(verb, label, Function.of(program.pick, verb, label=label, of_value=True), pairing, is_part=True)
    made_in = 1 if function is None else 2
    return _combined(keyed._step(pick), verb, program, label, replace(pairing, steps=made_in))


def aggregated_values(
    keyed: Base[Any], verb: str, aggregate: Aggregate, pairing: Pairing | None = None
) -> Dataset[Any]:  # fmt: skip
    """Return one aggregate of the values of keyed rows: rows (key, result)."""
    from glowray.aggregates.program import Program

    return _combined(keyed, verb, Program.of({verb: aggregate}, (), is_bare=True), "", pairing)


def _combined(
    keyed: Base[Any], verb: str, program: Program, label: str, pairing: Pairing | None = None
) -> Dataset[Any]:
    """Return keyed rows folded by a program's functions. Their values are what its `pick` returns."""
    add = Function.of(program.add, verb, spreads=False, label=label or None)
    merge = Function.of(program.merge, verb, spreads=False)
    node = CombineByKey(keyed._node, verb, Combiner(add, merge, Zero(program.start)), label, pairing)
    return keyed._with(node)._step(Map(verb, verb, Function.of(program.record, verb), is_part=True))


def _check(verb: str, aggregates: dict[str, Aggregate], keys: Sequence[str]) -> None:
    if not aggregates:
        raise TypeError(f"{verb}() needs at least one aggregate, as in {verb}(n=agg.count())")
    for name, each in aggregates.items():
        if not isinstance(each, Aggregate):
            raise TypeError(f"{verb}({name}=…) takes an aggregate from glowray.agg, got {each!r:.80}")
        if name in keys:
            raise ValueError(f"{verb}({name}=…) has the name of a field of the key: choose another")
