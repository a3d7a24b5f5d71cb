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
from glowray.rows.types.kinds import NOTHING, NUMBERS, Kind, ListOf, Maybe, RecordOf, TupleOf, is_inner
from glowray.vectorize.columns.operations import arithmetic as numbers
from glowray.vectorize.columns.operations import math_functions as functions
from glowray.vectorize.columns.operations import times
from glowray.vectorize.columns.operations.comparisons import compare
from glowray.vectorize.columns.operations.constant_tables import member
from glowray.vectorize.columns.operations.expressions import (
    constant,
    either,
    field,
    parts,
    together,
)
from glowray.vectorize.columns.operations.formatting import percent
from glowray.vectorize.columns.operations.generators import generated, gone_through, is_returned
from glowray.vectorize.columns.operations.none_values import negation, there, truth
from glowray.vectorize.columns.texts import text_methods as text
from glowray.vectorize.columns.translation.calls import are_texts
from glowray.vectorize.columns.translation.compound_statements import EMPTY
from glowray.vectorize.columns.translation.displays_and_parts import DisplaysAndParts
from glowray.vectorize.columns.translation.iterations import constant_or_tuple
from glowray.vectorize.columns.translation.statements import Statements
from glowray.vectorize.columns.translation.static_names import MISSING, attribute_of, display_of
from glowray.vectorize.columns.translation.walrus import first_walrus
from glowray.vectorize.columns.vectors.column_program import ArrowProgram
from glowray.vectorize.columns.vectors.frame import Expr, leaf
from glowray.vectorize.columns.vectors.untranslatable import Never, Untranslatable
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


class _Translator(DisplaysAndParts):
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
            if variables[name].kind == EMPTY:
                raise Untranslatable(f"the list {name} in other places than one loop that appends to it")
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
            self.constructs.append("math")
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
            if isinstance(node.op, ast.And):  # a tuple or record that is false is None, since none is empty
                made = either(test, made, constant(None) if isinstance(left.kind, Maybe) else left)
            else:
                made = either(test, left, made)
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

    def constant_of(self, node: ast.expr, variables: dict[str, Expr]) -> object:
        """Return the value of a constant, or of a name for one. Return Ellipsis for anything else."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Tuple) and all(isinstance(each, ast.Constant) for each in node.elts):
            return tuple(each.value for each in node.elts)  # type: ignore[attr-defined]
        if not isinstance(node, ast.Name):
            return ...
        return variables[node.id].constant if node.id in variables else self.captured(node.id)

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
    ast.Dict: _Translator.dict_display, ast.DictComp: _Translator.dict_comprehension, ast.ListComp: _Translator.listed,
    ast.GeneratorExp: _Translator._generatorexp, ast.BinOp: _Translator._binop, ast.UnaryOp: _Translator._unaryop,
    ast.BoolOp: lambda self, node, variables: self._and_or(node, [self.expression(v, variables) for v in node.values]),
    ast.IfExp: _Translator._ifexp, ast.Compare: _Translator._compare,
    ast.SetComp: _Translator.listed, ast.Attribute: _Translator._attribute,
    ast.Call: _Translator._call, ast.Subscript: _Translator.subscript, ast.JoinedStr: _Translator.f_string,
}  # fmt: skip


_NAMES: dict[type[ast.expr], str] = {
    ast.NamedExpr: "an assignment within an expression (:=)", ast.Lambda: "a lambda within a function",
    ast.List: "a list of values", ast.Set: "a set", ast.Starred: "a star", ast.Yield: "a yield within an expression",
}  # fmt: skip
"""The names that explain() gives to expressions without a column form."""


def _repeated(left: Expr, right: Expr) -> Expr | None:
    """Return text * count if both are constants, else None."""
    for text_, count in ((left, right), (right, left)):
        if isinstance(text_.constant, str) and type(count.constant) is int:
            if len(text_.constant) * max(count.constant, 0) > _LONGEST_TEXT:
                raise Untranslatable("a text that is repeated too often")
            return constant(text_.constant * count.constant)
    return None
