"""Keep a copy of a step's input row in a variable of its own, if the step's function may change the row.

An error shows the row as it was when the step began. Before `row·1["n"] = 1` the loop runs

    kept·2 = row·1.copy() if type(row·1) in shallow·5 else row·1 if type(row·1) in fixed·4 else snapshot·3(row·1)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from weakref import WeakKeyDictionary

from glowray.rows.objects.snapshots import FIXED, snapshot
from glowray.vectorize.analyze.argument_changes import Change, changed
from glowray.vectorize.analyze.call_effects import changes_nothing
from glowray.vectorize.analyze.displays import field_names, record, simple_copy
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Known, Refused
from glowray.vectorize.loops.code.weaver import Weaver, assign, load
from glowray.vectorize.loops.step_code import Call, Link

_SHALLOW = frozenset({dict, list, set, bytearray})
_found: WeakKeyDictionary[Known, dict[bool, Mapping[str, Change]]] = WeakKeyDictionary()


def may_change(link: Link) -> bool:
    """Return whether a function of the step may change its row."""
    return any(_changed_arguments(call, False) for call in link.calls)


def may_change_arguments(call: Callable[..., object], count: int) -> bool:
    """Return whether a function may change one of its first `count` arguments."""
    return bool(_changes(call, know(call, count), count, False))


def may_change_value(reducer: Callable[..., object]) -> bool:
    """Return whether a reducer may change its second argument, the value."""
    return 1 in _changes(reducer, know(reducer, 2), 2, False)


def keep(row: ast.expr, link: Link, gives_rows: bool, weaver: Weaver) -> tuple[list[ast.stmt], ast.expr]:
    """Return (statements, a simple expression for the row as it is now). They run before the step's functions.

    If the functions cannot change the row, the expression is the row itself, and there are no statements.

    Args:
        row: a simple expression for the step's row.
        link: the step and its functions.
        gives_rows: whether later steps may change the rows that the functions yield.
        weaver: the generated function's names and values.
    """
    found = [(call, _changed_arguments(call, gives_rows)) for call in link.calls]
    changing = [(call, arguments) for call, arguments in found if arguments]
    if not changing:
        return [], row
    keeping = _Keeping(weaver)
    if len(changing) > 1:
        return keeping.statements, keeping.kept(row, Change.INSIDE)
    ((call, arguments),) = changing
    change = max(arguments.values())
    of_value = link.operator.of_value
    if not isinstance(row, ast.Tuple):
        whole = Change.INSIDE if call.spread or of_value else change
        return keeping.statements, keeping.kept(row, whole)
    if of_value and len(row.elts) == 2:
        value = Change.INSIDE if call.spread else change
        return keeping.statements, _tuple([row.elts[0], keeping.kept(row.elts[1], value)])
    if call.spread != len(row.elts):
        return keeping.statements, keeping.kept(row, Change.INSIDE)
    fields = [
        keeping.kept(field, arguments[index]) if index in arguments else field for index, field in enumerate(row.elts)
    ]
    return keeping.statements, _tuple(fields)


def keep_value(
    value: ast.expr, call: Callable[..., object], weaver: Weaver
) -> tuple[list[ast.stmt], ast.expr]:  # fmt: skip
    """Return the same for the second argument of a reducer, the value."""
    keeping = _Keeping(weaver)
    change = _changes(call, know(call, 2), 2, False).get(1)
    return keeping.statements, value if change is None else keeping.kept(value, change)


class _Keeping:
    """Collects the statements that copy a row, or the fields of a row that is a display."""

    def __init__(self, weaver: Weaver) -> None:
        self._weaver = weaver
        self.statements: list[ast.stmt] = []

    def kept(self, value: ast.expr, change: Change) -> ast.expr:
        """Return an expression for the value as it is now, after the collected statements."""
        if isinstance(value, ast.Tuple):
            return _tuple([self.kept(field, Change.INSIDE) for field in value.elts])
        if isinstance(value, ast.Dict):
            return record(field_names(value), [self.kept(field, Change.INSIDE) for field in value.values])
        if not isinstance(value, ast.Name) or self._weaver.types.get(value.id) in FIXED:
            return value
        name = self._weaver.fresh("kept")
        self.statements.append(assign(name, self._copied(value.id, change)))
        return load(name)

    def _copied(self, name: str, change: Change) -> ast.expr:
        """Return `x.copy() if type(x) in shallow else x if type(x) in fixed else snapshot(x)`, without needless parts.

        `shallow` types are copied one level deep, if only the object itself may change. `fixed` types never change.
        """
        shallow = ast.Call(ast.Attribute(load(name), "copy", ast.Load()), [], [])
        if change is Change.ITSELF and self._weaver.types.get(name) in _SHALLOW:
            return shallow
        deep = ast.Call(load(self._weaver.give(snapshot, "snapshot")), [load(name)], [])
        copied = ast.IfExp(self._is_of(name, FIXED, "fixed"), load(name), deep)
        return copied if change is Change.INSIDE else ast.IfExp(self._is_of(name, _SHALLOW, "shallow"), shallow, copied)

    def _is_of(self, name: str, kinds: frozenset[type], label: str) -> ast.expr:
        kind = ast.Call(load("type"), [load(name)], [])
        return ast.Compare(kind, [ast.In()], [load(self._weaver.give(kinds, label))])


def _tuple(fields: list[ast.expr]) -> ast.expr:
    return ast.Tuple([simple_copy(field) for field in fields], ast.Load())


def _changed_arguments(call: Call, gives_rows: bool) -> Mapping[int, Change]:
    """Return position → how deep a function may change this argument."""
    known = know(call.function) if call.known is None else call.known
    return _changes(call.function, known, call.spread or 1, gives_rows)


def _changes(
    call: Callable[..., object], known: Known | Refused, count: int, gives_rows: bool
) -> Mapping[int, Change]:  # fmt: skip
    if isinstance(known, Refused):
        return {} if changes_nothing(call) else dict.fromkeys(range(count), Change.INSIDE)
    answers = _found.setdefault(known, {})
    if gives_rows not in answers:
        answers[gives_rows] = changed(known, gives_rows)
    places = enumerate(known.positional()[len(known.bound) :][:count])
    return {place: answers[gives_rows][name] for place, name in places if name in answers[gives_rows]}
