"""translate: turn a known function and the kinds of its arguments into a column program.

A method for each type of syntax node returns an `Expr`, a function from a batch to a vector.
`lambda row: row["n"] * 2 > 10` is built from the inside out. It takes the int64 vector of the field "n", multiplies it
with a guard against overflow, and compares it to give a bool vector.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from glowray.rows.objects.static_attributes import is_one_of
from glowray.vectorize.analyze.displays import constant_index
from glowray.vectorize.columns.operations import arithmetic as numbers
from glowray.vectorize.columns.operations import math_functions as functions
from glowray.vectorize.columns.operations import times
from glowray.vectorize.columns.operations.comparisons import compare
from glowray.vectorize.columns.operations.constant_tables import lookup, member
from glowray.vectorize.columns.operations.expressions import (
    constant,
    either,
    field,
    fields,
    item,
    items,
    parts,
    record,
    together,
)
from glowray.vectorize.columns.operations.formatting import as_text, formatted, percent
from glowray.vectorize.columns.operations.generators import generated, gone_through, is_returned
from glowray.vectorize.columns.operations.none_values import negation, there, truth
from glowray.vectorize.columns.texts import regex_matches as matches
from glowray.vectorize.columns.texts import text_methods as text
from glowray.vectorize.columns.texts import text_slices as slices
from glowray.vectorize.columns.translation.calls import Calls, are_texts
from glowray.vectorize.columns.translation.compound_statements import EMPTY
from glowray.vectorize.columns.translation.iterations import constant_or_tuple
from glowray.vectorize.columns.translation.statements import Statements
from glowray.vectorize.columns.translation.static_names import MISSING, attribute_of, display_of
from glowray.vectorize.columns.translation.walrus import first_walrus
from glowray.vectorize.columns.vectors.column_program import ArrowProgram
from glowray.vectorize.columns.vectors.frame import Expr, leaf
from glowray.vectorize.columns.vectors.kinds import (
    NOTHING,
    NUMBERS,
    Kind,
    ListOf,
    MatchOf,
    Never,
    RecordOf,
    TupleOf,
    Untranslatable,
    is_inner,
)
from glowray.vectorize.definition.container_changes import changed_at, is_container
from glowray.vectorize.definition.known_function import Known, Refused, Supplied

_DEEPEST = 8
_LONGEST_TEXT = 1000
_MOST_NAMES = 1000
_CONSTANTS = (int, float, bool, str, tuple)


def translate(known: Known, kinds: Sequence[Kind], *, is_test: bool = False) -> ArrowProgram | Refused:
    """Return a program that computes the function over columns, or the reason why there is none.

    Args:
        known: the function.
        kinds: the kind of each argument.
        is_test: whether the program returns bool(result), as filter() needs.
    """
    names = [f"row {place}" for place in range(len(kinds))]
    given = [
        leaf(kind, lambda frame, name=name: frame.variables[name])  # type: ignore[misc]
        for name, kind in zip(names, kinds, strict=True)
    ]
    bound = known.bind(given, {})
    if isinstance(bound, Refused):
        return bound
    variables, fixed = bound
    constructs: list[str] = []
    try:
        translator = _Translator(known, constructs, fixed)
        expression = translator.function(variables, is_test=is_test)
        if expression.kind is NOTHING or expression.kind is Never:
            raise Untranslatable("it gives None" if expression.kind is NOTHING else "it raises for each row")
        if is_inner(expression.kind):
            raise Untranslatable("it gives a set or a match")
    except Untranslatable as reason:
        line = "" if reason.line is None or known.synthetic else f" (line {reason.line})"
        return Refused(f"{reason}{line}")
    return ArrowProgram(tuple(names), tuple(kinds), expression, tuple(constructs))


def expression_of(known: Known, node: ast.expr, variables: dict[str, Expr], *, carries_none: bool = False) -> Expr:
    """Translate one expression of a function, given some of its parameters. Raise Untranslatable if that fails.

    Args:
        carries_none: whether the caller takes a vector in which some values are None.
    """
    made = _Translator(known, [], {}).expression(node, variables)
    if made.kind is NOTHING:
        raise Untranslatable("None")
    return made if carries_none else replace(made, carried=None)


class _Translator(Calls):
    """Translates one function's tree. Each method takes a node and the function's `variables` so far.

    Args:
        known: the function.
        constructs: collects the names of operations that costs.py prices.
        fixed: parameter → its value, for parameters that have the same value in all calls (from `Known.bind`).
        depth: the number of calls around the function.
    """

    def __init__(self, known: Known, constructs: list[str], fixed: Mapping[str, Supplied], depth: int = 0) -> None:
        if depth > _DEEPEST:
            raise Untranslatable("it calls functions too deep")
        self._known, self.filename = known, known.filename
        self._fixed = fixed
        self._gone_through = gone_through(known)
        super().__init__(constructs, depth, known.is_generator)

    def function(self, variables: dict[str, Expr], *, is_test: bool = False) -> Expr:
        if isinstance(self._known.node, ast.Lambda):
            body_node = self._known.node.body
            if first_walrus(body_node) is None:
                return (self.test if is_test else self.expression)(body_node, variables)
            made = self.block([ast.Return(body_node)], variables)
            return truth(made) if is_test else made
        body = self.block(self._known.node.body, variables)
        if self._known.is_generator:
            body = generated(body)
        return truth(body) if is_test else body

    def test(self, node: ast.expr, variables: dict[str, Expr]) -> Expr:
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return negation(self.test(node.operand, variables))
        if isinstance(node, ast.BoolOp):
            return self._and_or(node, [self.test(value, variables) for value in node.values])
        return truth(self.expression(node, variables))

    def nested(self, known: Known, fixed: Mapping[str, Supplied]) -> Statements:
        return _Translator(known, self.constructs, fixed, self.depth + 1)

    def expression(self, node: ast.expr, variables: dict[str, Expr]) -> Expr:
        translated = _BY_TYPE.get(type(node))
        try:
            if translated is None:
                raise Untranslatable(f"{_NAMES.get(type(node), type(node).__name__)} has no column form")
            return translated(self, node, variables)
        except Untranslatable as reason:
            raise reason.at(node) from None

    def name(self, name: str, variables: dict[str, Expr]) -> Expr:
        if name in variables:
            return variables[name]
        return self._constant(name, self.captured(name))

    def _constant(self, name: str, value: object) -> Expr:
        if value is not None and not is_one_of(type(value), _CONSTANTS):
            raise Untranslatable(f"{name} is not a number, a str or a tuple of these")
        return constant_or_tuple(value)

    def _attribute(self, node: ast.Attribute, variables: dict[str, Expr]) -> Expr:
        value = self.static(node, variables)
        if value is MISSING:
            owner = self.expression(node.value, variables)
            if not times.is_time(owner.kind):
                raise Untranslatable(f"the attribute {node.attr}")
            return times.field_of(owner, node.attr)
        return self._constant(ast.unparse(node), value)

    def static(self, node: ast.expr, variables: dict[str, Expr]) -> object:
        if isinstance(node, ast.Name):
            return MISSING if node.id in variables else self.captured(node.id)
        if isinstance(node, ast.Attribute) and (owner := self.static(node.value, variables)) is not MISSING:
            return attribute_of(owner, node.attr)
        return MISSING

    def require_constant(self, node: ast.expr, value: object) -> None:
        if not is_container(value):
            return
        name = ast.unparse(node)
        if not isinstance(node, ast.Name) or name in self._fixed:
            raise Untranslatable(f"{name} is not a name of the module or of a function around")
        line = changed_at(self._known, name, value)
        if line is not None:
            raise Untranslatable(f"{name} may change while the job runs (line {line} does more than read it)")

    def constants_in(self, node: ast.expr, variables: dict[str, Expr]) -> Sequence[object] | None:
        if isinstance(node, ast.Tuple | ast.List | ast.Constant):
            value = display_of(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
            value = self.static(node.func.value, variables)
            if type(value) is not dict or node.func.attr not in ("items", "keys", "values"):
                return None
            self.require_constant(node.func.value, value)
            return list({"items": value.items(), "keys": value.keys(), "values": value.values()}[node.func.attr])
        else:
            value = self.static(node, variables)
            if is_one_of(type(value), (list, dict)):
                self.require_constant(node, value)
        if is_one_of(type(value), (tuple, list, str, dict)):
            return list(value)  # type: ignore[call-overload, no-any-return]
        return None

    def captured(self, name: str) -> object:
        if name in self._fixed:
            return self._fixed[name][1]
        if name in self._known.function.__code__.co_varnames:
            raise Untranslatable(f"{name} may have no value")
        found = self._known.environment.find(name)
        if isinstance(found, str):
            raise Untranslatable(found)
        return found[1]

    def _binop(self, node: ast.BinOp, variables: dict[str, Expr]) -> Expr:
        return self.binary(node.op, self.expression(node.left, variables), node.right, variables)

    def binary(self, operator: ast.operator, left: Expr, right: ast.expr, variables: dict[str, Expr]) -> Expr:
        other = self.expression(right, variables)
        if isinstance(operator, ast.Mult) and (made := _repeated(left, other)) is not None:
            return made
        if are_texts(left, other) and isinstance(operator, ast.Add):
            self.constructs.append("concatenate")
            return text.join([left, other])
        if left.kind is str and isinstance(left.constant, str) and isinstance(operator, ast.Mod):
            return percent(left.constant, other, self.constructs)
        if isinstance(left.kind, TupleOf) and isinstance(other.kind, TupleOf) and isinstance(operator, ast.Add):
            return together([field(each, place) for each in (left, other) for place in range(len(each.kind.fields))])  # type: ignore[union-attr]
        self.constructs.append("divide" if isinstance(operator, ast.FloorDiv | ast.Mod) else "arithmetic")
        is_float = float in (left.kind, other.kind) and left.kind in NUMBERS and other.kind in NUMBERS
        is_root = isinstance(operator, ast.Pow) and (is_float or type(other.constant) is float)
        if is_root and not (left.is_constant and other.is_constant):
            return functions.power(left, other)
        if is_float and isinstance(operator, ast.FloorDiv | ast.Mod) and not (left.is_constant and other.is_constant):
            return functions.divided(left, other, remainder=isinstance(operator, ast.Mod))
        return numbers.arithmetic(operator, left, other)

    def _unaryop(self, node: ast.UnaryOp, variables: dict[str, Expr]) -> Expr:
        if isinstance(node.op, ast.Not):
            return negation(self.test(node.operand, variables))
        operand = self.expression(node.operand, variables)
        if isinstance(node.op, ast.USub) and operand.kind in NUMBERS:
            value = operand.constant
            if type(value) in (int, float):
                return constant(-value)  # type: ignore[operator]
            return numbers.negative(operand)
        if operand.kind in NUMBERS:
            return numbers.positive(operand) if isinstance(node.op, ast.UAdd) else numbers.inverted(operand)
        raise Untranslatable(f"{type(node.op).__name__} of these")

    def _and_or(self, node: ast.BoolOp, values: list[Expr]) -> Expr:
        self.constructs.extend(["choose"] * (len(values) - 1))
        *others, made = values
        for left in reversed(others):
            test = truth(left)
            made = either(test, made, left) if isinstance(node.op, ast.And) else either(test, left, made)
        return made

    def _ifexp(self, node: ast.IfExp, variables: dict[str, Expr]) -> Expr:
        self.constructs.append("choose")
        test = self.test(node.test, variables)
        return either(test, self.expression(node.body, variables), self.expression(node.orelse, variables))

    def _compare(self, node: ast.Compare, variables: dict[str, Expr]) -> Expr:
        made: Expr | None = None
        left = self.expression(node.left, variables)
        for operator, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(operator, ast.In | ast.NotIn):
                test = self._member(left, right, variables)
                if isinstance(operator, ast.NotIn):
                    test = negation(test)
                other = left
                if len(node.ops) > 1:
                    raise Untranslatable("a chain with in")
            else:
                other = self.expression(right, variables)
                test = compare(operator, left, other, self.constructs)
            made = test if made is None else either(made, test, made)
            left = other
        assert made is not None
        return made

    def _member(self, left: Expr, right: ast.expr, variables: dict[str, Expr]) -> Expr:
        values: object = self.static(right, variables)
        if isinstance(right, ast.Set | ast.Tuple | ast.List) and all(isinstance(e, ast.Constant) for e in right.elts):
            values = display_of(right)
        if is_one_of(type(values), (tuple, frozenset, set, list, dict)):
            self.require_constant(right, values)
            return member(left, values, self.constructs)  # type: ignore[arg-type]
        if isinstance(right, ast.Call | ast.ListComp | ast.SetComp | ast.GeneratorExp):
            inside = self.iterated(right, variables) if not isinstance(right, ast.Call) else None
        else:
            inside = None
        inside = inside or there(self.expression(right, variables))
        if are_texts(left, inside):
            self.constructs.append("in text")
            return text.contains(left, inside)
        if isinstance(inside.kind, ListOf):
            return self.contained(left, inside, id(right))
        if isinstance(inside.kind, RecordOf) and isinstance(left.constant, str):
            return constant(left.constant in parts(inside))
        if not isinstance(inside.kind, TupleOf) or not inside.is_constant:
            raise Untranslatable("`in` of these")
        return member(left, inside.constant, self.constructs)  # type: ignore[arg-type]

    def _list(self, node: ast.List, variables: dict[str, Expr]) -> Expr:
        if node.elts:
            raise Untranslatable("a list that is neither empty nor a comprehension")
        return Expr(EMPTY, lambda frame: None)

    def _dict(self, node: ast.Dict, variables: dict[str, Expr]) -> Expr:
        made: dict[str, Expr] = {}
        named: set[str] = set()
        for key, value in zip(node.keys, node.values, strict=True):
            each = self.expression(value, variables)
            each = there(each) if key is None else each
            if key is None and isinstance(each.kind, RecordOf) and isinstance(value, ast.Name):
                if named & {name for name, _ in each.kind.fields}:
                    raise Untranslatable("a dict in which a value takes the place of one that is computed")
                made.update(parts(each))
            elif key is not None and type(name := self.constant_of(key, variables)) is str and name not in named:
                made[name] = each
                named.add(name)
            else:
                raise Untranslatable("a dict whose keys are not different str constants")
        return record(made)

    def _dictcomp(self, node: ast.DictComp, variables: dict[str, Expr]) -> Expr:
        """Translate {key: value for name in names} for a constant tuple `names` of str."""
        [loop, *more] = node.generators
        if more or loop.is_async or loop.ifs or not isinstance(loop.target, ast.Name):
            raise Untranslatable("a dict of several loops, or of tests")
        names = self.constants_in(loop.iter, variables)
        if names is None or not all(type(each) is str for each in names) or len(names) > _MOST_NAMES:
            raise Untranslatable("a dict of what are not constant names")
        made: dict[str, Expr] = {}
        for each in names:
            inner = {**variables, loop.target.id: constant(each)}
            key = self.constant_of(node.key, inner)
            if type(key) is not str or key in made:
                raise Untranslatable("a dict whose keys are not different str constants")
            made[key] = self.expression(node.value, inner)
        return record(made)

    def constant_of(self, node: ast.expr, variables: dict[str, Expr]) -> object:
        """Return the value of a constant, or of a name for one. Return Ellipsis for anything else."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Tuple) and all(isinstance(each, ast.Constant) for each in node.elts):
            return tuple(each.value for each in node.elts)  # type: ignore[attr-defined]
        if not isinstance(node, ast.Name):
            return ...
        return variables[node.id].constant if node.id in variables else self.captured(node.id)

    def _joinedstr(self, node: ast.JoinedStr, variables: dict[str, Expr]) -> Expr:
        made: list[Expr] = []
        for value in node.values:
            if isinstance(value, ast.Constant):
                made.append(constant(value.value))
                continue
            assert isinstance(value, ast.FormattedValue)
            if value.conversion not in (-1, ord("s")) or (value.conversion != -1 and value.format_spec is not None):
                raise Untranslatable("a format or conversion in an f-string")
            each = self.expression(value.value, variables)
            spec = None if value.format_spec is None else _spec(value.format_spec)
            made.append(as_text(each, self.constructs) if spec is None else formatted(each, spec, self.constructs))
        self.constructs.append("concatenate")
        return text.join(made)

    def _subscript(self, node: ast.Subscript, variables: dict[str, Expr]) -> Expr:
        table = self.static(node.value, variables)
        if type(table) is dict:
            self.require_constant(node.value, table)
            return lookup(table, self.expression(node.slice, variables), None, self.constructs)
        inner = self.expression(node.value, variables)
        if isinstance(inner.kind, MatchOf):
            return matches.group(inner, self.constant_of(node.slice, variables))
        value = there(inner)
        index = constant_index(node.slice)
        if isinstance(value.kind, TupleOf) and index is not None:
            return field(value, index)
        if isinstance(value.kind, TupleOf) and isinstance(node.slice, ast.Slice):
            bounds = map(_bound, (node.slice.lower, node.slice.upper, node.slice.step))
            return fields(value, slice(*bounds))
        if isinstance(value.kind, RecordOf):
            name = self.constant_of(node.slice, variables)
            found = parts(value).get(name) if type(name) is str else None
            if found is not None:
                return found
        if value.kind is str:
            self.constructs.append("slice")
            return self._part_of_text(value, node.slice, variables)
        if isinstance(value.kind, ListOf) and (value.kind.once or value.kind.unordered):
            raise Untranslatable("a subscript of what is not a list")
        if isinstance(value.kind, ListOf) and index is not None:
            self.constructs.append("pick")
            return item(value, index)
        if isinstance(value.kind, ListOf) and isinstance(node.slice, ast.Slice):
            if node.slice.step is not None:
                raise Untranslatable("a slice with a step")
            self.constructs.append("pick")
            return items(value, _bound(node.slice.lower), _bound(node.slice.upper))
        raise Untranslatable("this subscript")

    def _part_of_text(self, value: Expr, part: ast.expr, variables: dict[str, Expr]) -> Expr:
        if not isinstance(part, ast.Slice):
            return slices.character(value, self.expression(part, variables))
        if part.step is not None:
            if constant_index(part.step) != -1 or part.lower or part.upper:
                raise Untranslatable("a slice with a step")
            return slices.backwards(value)
        ends = [None if each is None else self.expression(each, variables) for each in (part.lower, part.upper)]
        return slices.piece(value, *ends)

    def _generatorexp(self, node: ast.GeneratorExp, variables: dict[str, Expr]) -> Expr:
        made = self.listed(node, variables)
        if id(node) in self._gone_through:
            return made
        if self.depth == 0 and is_returned(node, self._known):
            return replace(made, kind=replace(made.kind, once=True))  # type: ignore[type-var]
        raise Untranslatable("a generator that is kept")


_BY_TYPE: dict[type[ast.expr], Callable[[_Translator, Any, dict[str, Expr]], Expr]] = {
    ast.Name: lambda self, node, variables: self.name(node.id, variables),
    ast.Constant: lambda self, node, variables: constant(node.value),
    ast.Tuple: lambda self, node, variables: together([self.expression(each, variables) for each in node.elts]),
    ast.Dict: _Translator._dict, ast.DictComp: _Translator._dictcomp, ast.ListComp: _Translator.listed,
    ast.GeneratorExp: _Translator._generatorexp, ast.BinOp: _Translator._binop, ast.UnaryOp: _Translator._unaryop,
    ast.BoolOp: lambda self, node, variables: self._and_or(node, [self.expression(v, variables) for v in node.values]),
    ast.IfExp: _Translator._ifexp, ast.Compare: _Translator._compare,
    ast.List: _Translator._list, ast.SetComp: _Translator.listed, ast.Attribute: _Translator._attribute,
    ast.Call: _Translator._call, ast.Subscript: _Translator._subscript, ast.JoinedStr: _Translator._joinedstr,
}  # fmt: skip


_NAMES: dict[type[ast.expr], str] = {
    ast.NamedExpr: "an assignment within an expression (:=)", ast.Lambda: "a lambda within a function",
    ast.Set: "a set", ast.Starred: "a star", ast.Yield: "a yield within an expression",
}  # fmt: skip
"""What explain() calls expressions that have no column form."""


def _repeated(left: Expr, right: Expr) -> Expr | None:
    """Return text * count if both are constants, else None."""
    for text_, count in ((left, right), (right, left)):
        if isinstance(text_.constant, str) and type(count.constant) is int:
            if len(text_.constant) * max(count.constant, 0) > _LONGEST_TEXT:
                raise Untranslatable("a text that is repeated too often")
            return constant(text_.constant * count.constant)
    return None


def _spec(node: ast.expr) -> str:
    """Return the format specification in an f-string. It must be a constant."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    texts = [part.value for part in parts if isinstance(part, ast.Constant)]
    if len(texts) < len(parts):
        raise Untranslatable("a format in an f-string that is not a constant")
    return "".join(map(str, texts))


def _bound(node: ast.expr | None) -> int | None:
    value = None if node is None else constant_index(node)
    if value is None and node is not None:
        raise Untranslatable("a slice whose bounds are not constants")
    return value
