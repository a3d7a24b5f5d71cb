"""The aggregates of `group_by(…).agg(…)` and `agg_by_key(…)`.

>>> import glowray as gr
>>> from glowray import agg
>>> flights = gr.from_items([{"to": "BOS", "delay": 4}, {"to": "SFO", "delay": None}, {"to": "BOS", "delay": 10}])
>>> flights.group_by("to").agg(n=agg.count(), mean=agg.mean("delay")).sort("to").collect()
[{'to': 'BOS', 'n': 2, 'mean': 7.0}, {'to': 'SFO', 'n': 1, 'mean': None}]

Each function takes the name of a record's field, or a function of the row. Without either it takes the row itself. In
`agg_by_key` the row is the value of the keyed row. None values are left out of all but first, last, list and count().
Without any value, counts and sums are 0, lists and sets are empty, and all others are None.
"""

from __future__ import annotations

from glowray.aggregates import distinct, moments, values
from glowray.aggregates.aggregate import AccumulatorField, Aggregate, Field
from glowray.boundary import user_facing
from glowray.functions.names import label_of

__all__ = [
    "approx_distinct",
    "count",
    "count_distinct",
    "first",
    "last",
    "list",
    "max",
    "mean",
    "median",
    "min",
    "set",
    "std",
    "sum",
    "top",
    "var",
]

_TOTAL = AccumulatorField(0, "({kept} if {value} is None else {kept} + {value})", "{kept} + {other}")
_COUNT = AccumulatorField(0, "{kept} + (0 if {value} is None else 1)", "{kept} + {other}")


def _outermost(sign: str) -> tuple[str, str]:
    """Return the expressions `add` and `merge` that keep the least (<) or greatest (>) value.

    The first of equal values stays. None and NaN lose against any other value. The compiler of functions knows the
    form of these expressions.
    """
    form = (
        "({other} if {kept} is None or ({other} is not None and {kept} != {kept}) else "
        f"{{other}} if {{other}} is not None and {{other}} == {{other}} and {{other}} {sign} {{kept}} else {{kept}})"
    )
    return form.replace("{other}", "{value}"), form


@user_facing
def count(field: Field = None) -> Aggregate:
    """Count the rows, or the values of a field that are not None."""
    slot = AccumulatorField(0, "{kept} + 1", "{kept} + {other}") if field is None else _COUNT
    return _aggregate("count", field, slot, "{0}")


@user_facing
def sum(field: Field = None) -> Aggregate:
    """Add the values. The sum of no value is 0."""
    return _aggregate("sum", field, (_TOTAL, _COUNT), "({0} if {1} else 0)")


@user_facing
def mean(field: Field = None) -> Aggregate:
    """Divide the sum of the values by their number."""
    return _aggregate("mean", field, (_TOTAL, _COUNT), "({0} / {1} if {1} else None)")


@user_facing
def min(field: Field = None) -> Aggregate:
    """Take the smallest value. It is NaN only if there is no other value."""
    return _aggregate("min", field, AccumulatorField(None, *_outermost("<")), "{0}")


@user_facing
def max(field: Field = None) -> Aggregate:
    """Take the largest value. It is NaN only if there is no other value."""
    return _aggregate("max", field, AccumulatorField(None, *_outermost(">")), "{0}")


@user_facing
def var(field: Field = None) -> Aggregate:
    """Compute the sample variance. It is None for fewer than two values."""
    return _of_moments("var", field, moments.variance)


@user_facing
def std(field: Field = None) -> Aggregate:
    """Compute the sample standard deviation. It is None for fewer than two values."""
    return _of_moments("std", field, moments.deviation)


@user_facing
def first(field: Field = None) -> Aggregate:
    """Take the value of the first row, which may be None."""
    return _aggregate("first", field, AccumulatorField((), "({kept} or ({value},))", "({kept} or {other})"), "{0}[0]")


@user_facing
def last(field: Field = None) -> Aggregate:
    """Take the value of the last row, which may be None."""
    return _aggregate("last", field, AccumulatorField((), "({value},)", "({other} or {kept})"), "{0}[0]")


@user_facing
def list(field: Field = None) -> Aggregate:
    """Collect all values in order, None among them."""
    slot = AccumulatorField([], "with_item({kept}, {value})", "with_items({kept}, {other})")
    return _aggregate("list", field, slot, "{0}", with_item=values.with_item, with_items=values.with_items)


@user_facing
def set(field: Field = None) -> Aggregate:
    """Collect the set of the values. The first of equal values stays, and all NaNs are equal."""
    return _of_members("set", field, "set({0}.values())")


@user_facing
def count_distinct(field: Field = None) -> Aggregate:
    """Count the different values."""
    return _of_members("count_distinct", field, "len({0})")


@user_facing
def approx_distinct(field: Field = None) -> Aggregate:
    """Estimate the number of different values by HyperLogLog, with a standard error of 0.8 %."""
    slot = AccumulatorField(distinct.Sketch(), "with_seen({kept}, {value})", "with_sketch({kept}, {other})")
    helpers = {"with_seen": distinct.with_seen, "with_sketch": distinct.with_sketch}
    return _aggregate("approx_distinct", field, slot, "{0}.count()", **helpers)


@user_facing
def top(n: int, field: Field = None) -> Aggregate:
    """Collect the n largest values in a list, largest first."""
    if isinstance(n, bool) or not isinstance(n, int):
        raise TypeError(f"agg.top() needs an int, got {n!r}")
    if n < 0:
        raise ValueError(f"agg.top() needs a number of at least 0, got {n}")
    slot = AccumulatorField(
        [], f"with_candidate({{kept}}, {{value}}, {n})", f"with_candidates({{kept}}, {{other}}, {n})"
    )
    helpers = {
        "with_candidate": values.with_candidate,
        "with_candidates": values.with_candidates,
        "largest": values.largest,
    }
    return _aggregate("top", field, slot, f"largest({{0}}, {n})", **helpers)


@user_facing
def median(field: Field = None) -> Aggregate:
    """Take the middle value, or the mean of the two in the middle. It is exact, so all values of a group are held."""
    slot = AccumulatorField([], "with_present({kept}, {value})", "with_items({kept}, {other})")
    helpers = {"with_present": values.with_present, "with_items": values.with_items, "median": values.median}
    return _aggregate("median", field, slot, "median({0})", **helpers)


def _of_moments(name: str, field: Field, result: object) -> Aggregate:
    slot = AccumulatorField(moments.NONE, "with_value({kept}, {value})", "merged({kept}, {other})")
    helpers = {"with_value": moments.with_value, "merged": moments.merged, result.__name__: result}  # type: ignore[attr-defined]
    return _aggregate(name, field, slot, f"{result.__name__}({{0}})", **helpers)  # type: ignore[attr-defined]


def _of_members(name: str, field: Field, result: str) -> Aggregate:
    slot = AccumulatorField(values.Members(), "with_member({kept}, {value})", "with_members({kept}, {other})")
    return _aggregate(name, field, slot, result, with_member=values.with_member, with_members=values.with_members)


def _aggregate(
    name: str, field: Field, slots: AccumulatorField | tuple[AccumulatorField, ...], result: str, **helpers: object
) -> Aggregate:
    if field is not None and not isinstance(field, str) and not callable(field):
        raise TypeError(f"agg.{name}() takes a field name or a function of the row, got {field!r}")
    of = repr(field) if isinstance(field, str) else label_of(field) if callable(field) else ""
    return Aggregate(f"{name}({of})", field, slots if isinstance(slots, tuple) else (slots,), result, helpers)
