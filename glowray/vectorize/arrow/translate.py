"""translate: a known function and the kinds of its arguments → a column program, or the reason why not."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import BuiltinFunctionType, MethodDescriptorType
from typing import Any

import numpy as np

from glowray.vectorize.arrow import numbers, parsing, slices, text
from glowray.vectorize.arrow.binding import bind
from glowray.vectorize.arrow.build import (
    comprehension,
    constant,
    either,
    field,
    fields,
    item,
    negation,
    parts,
    record,
    repeated,
    together,
)
from glowray.vectorize.arrow.comparisons import compare, member
from glowray.vectorize.arrow.formats import as_text, percent
from glowray.vectorize.arrow.frame import Expr, Frame, leaf
from glowray.vectorize.arrow.generators import gone_through, is_returned
from glowray.vectorize.arrow.kinds import NOTHING, NUMBERS, Kind, ListOf, RecordOf, TupleOf, Untranslatable, holds_list
from glowray.vectorize.arrow.optional import truth
from glowray.vectorize.arrow.program import ArrowProgram
from glowray.vectorize.arrow.statements import Statements
from glowray.vectorize.know import know
from glowray.vectorize.known import Known, Refused
from glowray.vectorize.rename import constant_index

_DEEPEST = 8
_CONSTANTS = (int, float, bool, str)
_SPLITS = ("split", "rsplit")


def translate(known: Known, kinds: Sequence[Kind], *, is_test: bool = False) -> ArrowProgram | Refused:
    """A program that computes the function over columns, exact on the rows it says and silent on the others.

    Args:
        known: the function.
        kinds: the kind of each argument: int, float, bool, str, or TupleOf, RecordOf of such.
        is_test: whether only the truth of the result is asked for, as filter() does.
    """
    if known.is_generator:
        return Refused("it is a generator function")
    names = [f"row {place}" for place in range(len(kinds))]
    given = [
        leaf(kind, lambda frame, name=name: frame.variables[name])  # type: ignore[misc]
        for name, kind in zip(names, kinds, strict=True)
    ]
    constructs: list[str] = []
    try:
        variables, fixed = bind(known, given, {})
        translator = _Translator(known, constructs, fixed)
        expression = translator.function(variables)
        if is_test:
            expression = truth(expression)
        if expression.kind is NOTHING:
            raise Untranslatable("it gives None")
    except Untranslatable as reason:
        return Refused(str(reason))
    return ArrowProgram(tuple(names), tuple(kinds), expression, tuple(constructs))


def expression_of(known: Known, node: ast.expr, variables: dict[str, Expr]) -> Expr:
    """One expression of a function, of some of its parameters; raises Untranslatable."""
    made = _Translator(known, [], {}).expression(node, variables)
    if made.kind is NOTHING:
        raise Untranslatable("None")
    return replace(made, carried=None)


class _Translator(Statements):
    """Translates one function's tree; `variables` are its locals so far, `constructs` what costs.py has a price for.

    `fixed` are values of parameters that are the same in all calls.
    """

    def __init__(self, known: Known, constructs: list[str], fixed: Mapping[str, object], depth: int = 0) -> None:
        if depth > _DEEPEST:
            raise Untranslatable("it calls functions too deep")
        self._known = known
        self._fixed = fixed
        self._gone_through = gone_through(known)
        super().__init__(constructs, depth)

    def function(self, variables: dict[str, Expr]) -> Expr:
        if isinstance(self._known.node, ast.Lambda):
            return self.expression(self._known.node.body, variables)
        return self.block(self._known.node.body, variables)

    def expression(self, node: ast.expr, variables: dict[str, Expr]) -> Expr:
        translator = getattr(self, f"_{type(node).__name__.lower()}", None)
        if translator is None:
            raise Untranslatable(f"{type(node).__name__} has no column form")
        made: Expr = translator(node, variables)
        return made

    def _name(self, node: ast.Name, variables: dict[str, Expr]) -> Expr:
        return self.name(node.id, variables)

    def name(self, name: str, variables: dict[str, Expr]) -> Expr:
        if name in variables:
            return variables[name]
        value = self._captured(name)
        if value is not None and type(value) not in _CONSTANTS:
            raise Untranslatable(f"{name} is not a constant")
        return constant(value)

    def _captured(self, name: str) -> object:
        if name in self._fixed:
            return self._fixed[name]
        if name in self._known.function.__code__.co_varnames:
            raise Untranslatable(f"{name} may have no value")
        found = self._known.environment.find(name)
        if isinstance(found, str):
            raise Untranslatable(found)
        return found[1]

    def _constant(self, node: ast.Constant, variables: dict[str, Expr]) -> Expr:
        return constant(node.value)

    def _binop(self, node: ast.BinOp, variables: dict[str, Expr]) -> Expr:
        return self.binary(node.op, self.expression(node.left, variables), node.right, variables)

    def binary(self, operator: ast.operator, left: Expr, right: ast.expr, variables: dict[str, Expr]) -> Expr:
        other = self.expression(right, variables)
        if _are_texts(left, other) and isinstance(operator, ast.Add):
            self.constructs.append("concatenate")
            return text.join([left, other])
        if left.kind is str and isinstance(left.constant, str) and isinstance(operator, ast.Mod):
            return percent(left.constant, other, self.constructs)
        if isinstance(left.kind, TupleOf) and isinstance(other.kind, TupleOf) and isinstance(operator, ast.Add):
            return together([field(each, place) for each in (left, other) for place in range(len(each.kind.fields))])  # type: ignore[union-attr]
        self.constructs.append("divide" if isinstance(operator, ast.FloorDiv | ast.Mod) else "arithmetic")
        return numbers.arithmetic(operator, left, other)

    def _unaryop(self, node: ast.UnaryOp, variables: dict[str, Expr]) -> Expr:
        operand = self.expression(node.operand, variables)
        if isinstance(node.op, ast.Not):
            true = truth(operand)
            return Expr(bool, lambda frame: np.logical_not(true.run(frame)))
        if isinstance(node.op, ast.USub) and operand.kind in NUMBERS:
            value = operand.constant
            if type(value) in (int, float):
                return constant(-value)  # type: ignore[operator]
            return numbers.negative(operand)
        if operand.kind in NUMBERS:
            return numbers.positive(operand) if isinstance(node.op, ast.UAdd) else numbers.inverted(operand)
        raise Untranslatable(f"{type(node.op).__name__} of these")

    def _boolop(self, node: ast.BoolOp, variables: dict[str, Expr]) -> Expr:
        self.constructs.extend(["choose"] * (len(node.values) - 1))
        *others, made = [self.expression(value, variables) for value in node.values]
        for left in reversed(others):
            test = truth(left)
            made = either(test, made, left) if isinstance(node.op, ast.And) else either(test, left, made)
        return made

    def _ifexp(self, node: ast.IfExp, variables: dict[str, Expr]) -> Expr:
        self.constructs.append("choose")
        test = truth(self.expression(node.test, variables))
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
        values: object = None
        if isinstance(right, ast.Name) and right.id not in variables:
            values = self._captured(right.id)
        elif isinstance(right, ast.Set | ast.Tuple | ast.List) and all(isinstance(e, ast.Constant) for e in right.elts):
            values = tuple(e.value for e in right.elts)  # type: ignore[attr-defined]
        if values is None or isinstance(values, str):
            inside = self.expression(right, variables)
            if _are_texts(left, inside):
                self.constructs.append("in text")
                return text.contains(left, inside)
            if not isinstance(inside.kind, TupleOf) or not inside.is_constant:
                raise Untranslatable("`in` of these")
            values = inside.constant
        return member(left, values, self.constructs)

    def _tuple(self, node: ast.Tuple, variables: dict[str, Expr]) -> Expr:
        return together([self.expression(each, variables) for each in node.elts])

    def _dict(self, node: ast.Dict, variables: dict[str, Expr]) -> Expr:
        made: dict[str, Expr] = {}
        named: set[str] = set()
        for key, value in zip(node.keys, node.values, strict=True):
            each = self.expression(value, variables)
            if key is None and isinstance(each.kind, RecordOf) and isinstance(value, ast.Name):
                if named & {name for name, _ in each.kind.fields}:
                    raise Untranslatable("a dict in which a value takes the place of one that is computed")
                made.update(parts(each))
            elif isinstance(key, ast.Constant) and type(key.value) is str and key.value not in named:
                made[key.value] = each
                named.add(key.value)
            else:
                raise Untranslatable("a dict whose keys are not different str constants")
        return record(made)

    def _joinedstr(self, node: ast.JoinedStr, variables: dict[str, Expr]) -> Expr:
        made: list[Expr] = []
        for value in node.values:
            if isinstance(value, ast.Constant):
                made.append(constant(value.value))
                continue
            assert isinstance(value, ast.FormattedValue)
            if value.conversion not in (-1, ord("s")) or value.format_spec is not None:
                raise Untranslatable("a format or conversion in an f-string")
            made.append(as_text(self.expression(value.value, variables), self.constructs))
        self.constructs.append("concatenate")
        return text.join(made)

    def _subscript(self, node: ast.Subscript, variables: dict[str, Expr]) -> Expr:
        value = self.expression(node.value, variables)
        index = constant_index(node.slice)
        if isinstance(value.kind, TupleOf) and index is not None:
            return field(value, index)
        if isinstance(value.kind, TupleOf) and isinstance(node.slice, ast.Slice):
            return fields(
                value, slice(*(_bound(each) for each in (node.slice.lower, node.slice.upper, node.slice.step)))
            )
        if isinstance(value.kind, RecordOf) and isinstance(node.slice, ast.Constant):
            found = parts(value).get(node.slice.value) if type(node.slice.value) is str else None
            if found is not None:
                return found
        if value.kind is str:
            self.constructs.append("slice")
            return self._part_of_text(value, node.slice, variables)
        if isinstance(value.kind, ListOf) and index is not None:
            self.constructs.append("pick")
            return item(value, index)
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

    def _call(self, node: ast.Call, variables: dict[str, Expr]) -> Expr:
        if any(isinstance(each, ast.Starred) for each in node.args) or any(each.arg is None for each in node.keywords):
            raise Untranslatable("starred arguments")
        arguments = [self.expression(each, variables) for each in node.args if not _is_none(each)]
        keywords = {str(each.arg): self.expression(each.value, variables) for each in node.keywords}
        if isinstance(node.func, ast.Attribute):
            receiver = self.expression(node.func.value, variables)
            if isinstance(receiver.kind, RecordOf) and node.func.attr == "get" and len(node.args) in (1, 2):
                return self._get(receiver, node, variables)
            is_blank = len(arguments) < len(node.args) and not (node.func.attr in _SPLITS and len(node.args) == 1)
            if receiver.kind is not str or is_blank:
                raise Untranslatable(f"the method {node.func.attr} of these")
            return self._method(node.func.attr, receiver, [*arguments, *_by_position(node.func.attr, keywords)])
        if not isinstance(node.func, ast.Name) or node.func.id in variables or len(arguments) < len(node.args):
            raise Untranslatable("a call of what is not a name")
        return self._called(node.func.id, self._captured(node.func.id), arguments, keywords)

    def _get(self, receiver: Expr, node: ast.Call, variables: dict[str, Expr]) -> Expr:
        """record.get(name, default) of a name that the records have."""
        name, *others = node.args
        found = parts(receiver).get(name.value) if isinstance(name, ast.Constant) and type(name.value) is str else None
        if found is None or node.keywords or not all(isinstance(each, ast.Constant) for each in others):
            raise Untranslatable("get() of what the rows do not have")
        return found

    def _method(self, name: str, receiver: Expr, arguments: list[Expr]) -> Expr:
        self.constructs.append("words" if name in _SPLITS and not arguments else name)
        return text.method(name, receiver, arguments)

    def _called(self, name: str, function: object, arguments: list[Expr], keywords: dict[str, Expr]) -> Expr:
        if keywords:
            return self._inlined(name, function, arguments, keywords)
        if len(arguments) == 1 and (made := self._converted(function, arguments[0])) is not None:
            return made
        if (function is builtins.min or function is builtins.max) and len(arguments) > 1:
            return numbers.extreme(arguments, least=function is builtins.min)
        if function is builtins.divmod and len(arguments) == 2:
            self.constructs += ["divide", "divide"]
            return numbers.divided(*arguments)
        if isinstance(function, MethodDescriptorType) and arguments and _are_texts(arguments[0]):
            method = function.__name__
            if vars(str).get(method) is function:
                return self._method(method, arguments[0], arguments[1:])
            raise Untranslatable(f"{name} is not a method of str")
        return self._inlined(name, function, arguments, keywords)

    def _inlined(self, name: str, function: object, arguments: list[Expr], keywords: dict[str, Expr]) -> Expr:
        helper = know(function, len(arguments)) if callable(function) else Refused("it is not callable")
        if not isinstance(helper, Known) or helper.is_generator:
            raise Untranslatable(f"a call of {name}")
        made, fixed = bind(helper, arguments, keywords)
        keys = {each: f"{each} of {id(helper)}" for each in made}
        variables = {
            each: leaf(given.kind, lambda frame, key=keys[each]: frame.variables[key], given.constant)  # type: ignore[misc]
            for each, given in made.items()
        }
        body = _Translator(helper, self.constructs, fixed, self.depth + 1).function(variables)

        def run(frame: Frame) -> Any:
            inner = frame.branch(**{keys[each]: given.carry(frame) for each, given in made.items()})
            value = body.carry(inner)
            frame.join(True, inner)
            return value

        return leaf(body.kind, run)

    def _converted(self, function: object, operand: Expr) -> Expr | None:
        kind = operand.kind
        if kind is str and isinstance(function, type | BuiltinFunctionType) and function in (len, int, float):
            self.constructs.append(function.__name__)
        if function is builtins.len:
            if kind is str:
                return text.length(operand)
            if isinstance(kind, ListOf):
                return Expr(int, lambda frame: operand.run(frame).lengths())
        elif function is builtins.int:
            return parsing.to_int(operand) if kind is str else numbers.to_int(operand) if kind in NUMBERS else None
        elif function is builtins.float:
            if kind in NUMBERS:
                return Expr(float, lambda frame: numbers.as_float(operand, frame))
            return parsing.to_float(operand) if kind is str else None
        elif function is builtins.str:
            return as_text(operand, self.constructs)
        elif function is builtins.bool:
            return truth(operand)
        elif function is builtins.abs and kind in NUMBERS:
            return numbers.absolute(operand)
        elif function is builtins.round and kind in NUMBERS:
            return numbers.rounded(operand)
        return None

    # Comprehensions over a split: one loop.

    def _listcomp(self, node: ast.ListComp | ast.GeneratorExp, variables: dict[str, Expr]) -> Expr:
        [loop, *more] = node.generators
        if more or loop.is_async:
            raise Untranslatable("a comprehension of several loops")
        source = self.expression(loop.iter, variables)
        self.constructs.append("comprehension")
        if not isinstance(source.kind, ListOf):
            raise Untranslatable("a comprehension over what is not a split")
        # The element's variables are those of the row, repeated for each of its elements.
        key = f"{ast.unparse(loop.target)} in {id(node)}"
        element = source.kind.element
        outer = {name: repeated(name, each, id(node)) for name, each in variables.items()}
        inner = {**outer, **_targets(loop.target, leaf(element, lambda frame: frame.variables[key]))}

        def is_element(each: ast.expr) -> bool:
            return isinstance(each, ast.Name) and isinstance(loop.target, ast.Name) and each.id == loop.target.id

        tests = [
            None if element is str and is_element(test) else truth(self.expression(test, inner)) for test in loop.ifs
        ]
        made = None if is_element(node.elt) else self.expression(node.elt, inner)
        kind = element if made is None else made.kind
        if kind is NOTHING or holds_list(kind):
            raise Untranslatable("a list of lists, or of None")
        return Expr(ListOf(kind), comprehension(key, source, tests, made, variables, id(node)))

    def _generatorexp(self, node: ast.GeneratorExp, variables: dict[str, Expr]) -> Expr:
        made = self._listcomp(node, variables)
        if id(node) in self._gone_through:
            return made
        if self.depth == 0 and is_returned(node, self._known):
            return replace(made, kind=replace(made.kind, once=True))  # type: ignore[type-var]
        raise Untranslatable("a generator that is kept")


def _are_texts(*expressions: Expr) -> bool:
    return all(each.kind is str for each in expressions)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _by_position(method: str, keywords: dict[str, Expr]) -> list[Expr]:
    """Arguments of a str method that are given by name, if they are those that come next."""
    if not keywords:
        return []
    if method in _SPLITS and list(keywords) in (["maxsplit"], ["sep"], ["sep", "maxsplit"]):
        return list(keywords.values())
    raise Untranslatable("keyword arguments")


def _bound(node: ast.expr | None) -> int | None:
    if node is None:
        return None
    value = constant_index(node)
    if value is None:
        raise Untranslatable("a slice whose bounds are not constants")
    return value


def _targets(target: ast.expr, element: Expr) -> dict[str, Expr]:
    """The variables of a comprehension's loop."""
    if isinstance(target, ast.Name):
        return {target.id: element}
    names = [each.id for each in target.elts if isinstance(each, ast.Name)] if isinstance(target, ast.Tuple) else []
    kinds = element.kind.fields if isinstance(element.kind, TupleOf) else ()
    if not names or len(names) < len(target.elts) or len(names) != len(kinds):  # type: ignore[attr-defined]
        raise Untranslatable("a comprehension whose targets are not names, one a field")
    return {name: field(element, place) for place, name in enumerate(names)}
