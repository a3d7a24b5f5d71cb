"""Translate calls: of str methods, of builtins with a column form, and of users' functions by their bodies."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from datetime import date, datetime
from types import MethodDescriptorType
from typing import Any

from glowray.rows.objects.static_attributes import class_attributes, is_instance, is_one_of
from glowray.rows.types.kinds import NUMBERS, ListOf, MatchOf, RecordOf
from glowray.vectorize.columns.operations import arithmetic as numbers
from glowray.vectorize.columns.operations import list_folds as folds
from glowray.vectorize.columns.operations import math_functions as functions
from glowray.vectorize.columns.operations import times
from glowray.vectorize.columns.operations.constant_tables import lookup
from glowray.vectorize.columns.operations.decimals import rounded
from glowray.vectorize.columns.operations.expressions import constant, parts, record, together
from glowray.vectorize.columns.operations.formatting import as_text, replaced_fields
from glowray.vectorize.columns.operations.none_values import is_instance_of, there, truth
from glowray.vectorize.columns.texts import number_parsing as parsing
from glowray.vectorize.columns.texts import regex_matches as matches
from glowray.vectorize.columns.texts import text_methods as text
from glowray.vectorize.columns.texts.text_translation import translated
from glowray.vectorize.columns.translation.iterations import Iterations
from glowray.vectorize.columns.translation.statements import Statements
from glowray.vectorize.columns.translation.static_names import MISSING, ClassMember
from glowray.vectorize.columns.vectors.frame import Expr, Frame, leaf
from glowray.vectorize.columns.vectors.untranslatable import Untranslatable
from glowray.vectorize.definition.builtin_callables import (
    ABS,
    BOOL,
    DIVMOD,
    FLOAT,
    INT,
    ISINSTANCE,
    LEN,
    MAX,
    MIN,
    ROUND,
    STR,
)
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Known, Refused, Supplied

_SPLITS = ("split", "rsplit")
_REGEX_FUNCTIONS = {id(vars(re)[name]): name for name in ("match", "search", "fullmatch", "sub", "findall")}


class Calls(Iterations):
    """Translates the calls in a function's expressions. A subclass resolves names."""

    filename: str
    """The file of the function."""

    def captured(self, name: str) -> object:
        """Return the value of a free name, or of a parameter that has the same value in all calls."""
        raise NotImplementedError

    def nested(self, known: Known, fixed: Mapping[str, Supplied]) -> Statements:
        """Return a translator for a function that this one calls."""
        raise NotImplementedError

    def _call(self, node: ast.Call, variables: dict[str, Expr]) -> Expr:
        function = self.static(node.func, variables)
        if function is not MISSING and (made := self.consumed(function, node, variables)) is not None:
            return made
        if any(isinstance(each, ast.Starred) for each in node.args) or any(each.arg is None for each in node.keywords):
            raise Untranslatable("starred arguments")
        if function is MISSING and isinstance(node.func, ast.Attribute):
            return self._method_call(node, node.func, variables)
        if function is MISSING:
            raise Untranslatable("a call of what is not a name")
        if function is ISINSTANCE and len(node.args) == 2 and not node.keywords:
            classes = self.static(node.args[1], variables)
            value, found = self.expression(node.args[0], variables), self._classes_of(node.args[1], classes, variables)
            return is_instance_of(value, found, isinstance(node.args[0], ast.Name))
        if (made := self._regex_function(function, node, variables)) is not None:
            return made
        if any(map(_is_none, node.args)):
            raise Untranslatable("a call with the argument None")
        arguments = [self.expression(each, variables) for each in node.args]
        keywords = {str(each.arg): self.expression(each.value, variables) for each in node.keywords}
        return self._called(ast.unparse(node.func), function, arguments, keywords)

    def _classes_of(self, node: ast.expr, found: object, variables: dict[str, Expr]) -> list[object]:
        if isinstance(node, ast.Tuple):
            return [self.static(each, variables) for each in node.elts]
        return list(found) if type(found) is tuple else [found]

    def _method_call(self, node: ast.Call, func: ast.Attribute, variables: dict[str, Expr]) -> Expr:
        owner = self.static(func.value, variables)
        if owner is not MISSING and (made := self._static_method(owner, func, node, variables)) is not None:
            return made
        keywords = {str(each.arg): self.expression(each.value, variables) for each in node.keywords}
        inner = self.expression(func.value, variables)
        if isinstance(inner.kind, MatchOf):
            return self._match_method(inner, func.attr, node, variables)
        if times.is_time(inner.kind) and not node.keywords:
            self.constructs.append("str")
            return times.method(inner, func.attr, [self.constant_of(each, variables) for each in node.args])
        receiver = there(inner)
        if isinstance(receiver.kind, RecordOf) and func.attr == "get" and len(node.args) in (1, 2) and not keywords:
            return self._get(receiver, node, variables)
        if receiver.kind is str and func.attr == "join" and len(node.args) == 1 and not keywords:
            self.constructs.append("join")
            return text.method("join", receiver, [folds.as_list(self.in_order(node.args[0], variables))])
        if receiver.kind is str and func.attr == "format" and isinstance(receiver.constant, str):
            arguments = [self.expression(each, variables) for each in node.args]
            return replaced_fields(receiver.constant, arguments, keywords, self.constructs)
        if receiver.kind is str and func.attr == "translate" and len(node.args) == 1:
            table = self.static(node.args[0], variables)
            self.require_constant(node.args[0], table)
            return translated(receiver, table)
        arguments = [self.expression(each, variables) for each in node.args if not _is_none(each)]
        is_blank = len(arguments) < len(node.args) and not (func.attr in _SPLITS and len(node.args) == 1)
        if receiver.kind is not str or is_blank:
            raise Untranslatable(f"the method {func.attr} of these")
        return self._method(func.attr, receiver, [*arguments, *_by_position(func.attr, keywords)])

    def _static_method(
        self, owner: object, func: ast.Attribute, node: ast.Call, variables: dict[str, Expr]
    ) -> Expr | None:  # fmt: skip
        """Translate a call of a method of a captured value."""
        if type(owner) is dict and func.attr == "get" and len(node.args) in (1, 2) and not node.keywords:
            self.require_constant(func.value, owner)
            key, *others = [self.expression(each, variables) for each in node.args]
            return lookup(owner, key, others[0] if others else constant(None), self.constructs)
        if type(owner) is re.Pattern:
            return self._pattern_method(owner, func.attr, node.args, node.keywords, variables)
        return None

    def _regex_function(self, function: object, node: ast.Call, variables: dict[str, Expr]) -> Expr | None:
        """Translate re.match, re.sub, … with a constant pattern."""
        name = _REGEX_FUNCTIONS.get(id(function))
        if name is None:
            return None
        pattern = self.constant_of(node.args[0], variables) if node.args else ...
        if type(pattern) is re.Pattern:
            return self._pattern_method(pattern, name, node.args[1:], node.keywords, variables)
        flags = [self.static(each.value, variables) for each in node.keywords if each.arg == "flags"]
        numbers_of = [int(flag) for flag in flags if is_instance(flag, int)]
        if type(pattern) is not str or len(numbers_of) < len(node.keywords):
            raise Untranslatable("a pattern that is not constant")
        try:
            compiled = re.compile(pattern, *numbers_of)
        except (re.error, ValueError):
            raise Untranslatable("a pattern that is not right") from None
        return self._pattern_method(compiled, name, node.args[1:], [], variables)

    def _pattern_method(
        self, pattern: re.Pattern[str], name: str, nodes: list[ast.expr], keywords: list[ast.keyword],
        variables: dict[str, Expr],
    ) -> Expr:  # fmt: skip
        arguments = [self.expression(each, variables) for each in nodes]
        self.constructs.append("replace")
        if keywords or not arguments or not are_texts(*arguments):
            raise Untranslatable(f"{name} of a pattern with these arguments")
        if name in ("match", "search", "fullmatch") and len(arguments) == 1:
            return matches.matched(pattern, name, arguments[0])
        if name == "findall" and len(arguments) == 1:
            return matches.all_found(pattern, arguments[0])
        if name == "sub" and len(arguments) == 2 and isinstance(arguments[0].constant, str):
            return matches.substituted(pattern, arguments[0].constant, arguments[1])
        raise Untranslatable(f"{name} of a pattern with these arguments")

    def _match_method(self, match: Expr, name: str, node: ast.Call, variables: dict[str, Expr]) -> Expr:
        numbers_of = [self.constant_of(each, variables) for each in node.args]
        if node.keywords:
            raise Untranslatable(f"the method {name} of a match")
        if name == "group":
            found = [matches.group(match, each) for each in numbers_of or [0]]
            return found[0] if len(found) == 1 else together(found)
        if name == "groups" and not numbers_of:
            return matches.groups(match)
        if name == "groupdict" and not numbers_of and (names := matches.names_of(match)):
            return record({each: matches.group(match, each) for each in names})
        raise Untranslatable(f"the method {name} of a match")

    def require_constant(self, node: ast.expr, value: object) -> None:
        """Raise Untranslatable if a captured container may change while the job runs."""
        raise NotImplementedError

    def _get(self, receiver: Expr, node: ast.Call, variables: dict[str, Expr]) -> Expr:
        """Translate record.get(name, default). All records of a kind have the same names."""
        name, *others = node.args
        key = self.constant_of(name, variables)
        if type(key) is not str:
            raise Untranslatable("get() of a name that is not a constant")
        default = self.expression(others[0], variables) if others else constant(None)
        found = parts(receiver).get(key)
        if found is None or default.is_constant:
            return default if found is None else found
        # Python evaluates the default in any case.
        return self.kept(f"unused {self.depth} {self.count()}", default, lambda: found)

    def constant_of(self, node: ast.expr, variables: dict[str, Expr]) -> object:
        """Return the value of a constant, or of a name for one. Return Ellipsis for anything else."""
        raise NotImplementedError

    def _method(self, name: str, receiver: Expr, arguments: list[Expr]) -> Expr:
        self.constructs.append("words" if name in _SPLITS and not arguments else name)
        return text.method(name, receiver, arguments)

    def _called(self, name: str, function: object, arguments: list[Expr], keywords: dict[str, Expr]) -> Expr:
        if keywords:
            return self._inlined(name, function, arguments, keywords)
        if len(arguments) == 1 and (made := self._converted(function, arguments[0])) is not None:
            return made
        if (function is MIN or function is MAX) and len(arguments) > 1:
            return numbers.extreme(arguments, least=function is MIN)
        if function is ROUND and len(arguments) == 2:
            self.constructs.append("divide")
            return rounded(*arguments)
        if (made := functions.called(function, arguments)) is not None:
            self.constructs.append("math" if functions.is_mapped(function) else "arithmetic")
            return made
        if function is DIVMOD and len(arguments) == 2:
            self.constructs += ["divide", "divide"]
            return numbers.divided(*arguments)
        if type(function) is ClassMember and (made := _time(function, arguments)) is not None:
            return made
        if type(function) is ClassMember and function.owner is str and arguments and are_texts(arguments[0]):
            function = class_attributes(str).get(function.name)
        if type(function) is MethodDescriptorType and arguments and are_texts(arguments[0]):
            method = function.__name__
            if vars(str).get(method) is function:
                return self._method(method, arguments[0], arguments[1:])
            raise Untranslatable(f"{name} is not a method of str")
        return self._inlined(name, function, arguments, keywords)

    def elementwise(self, function: ast.expr, element: Expr, variables: dict[str, Expr]) -> Expr:
        if isinstance(function, ast.Lambda):
            spec = function.args
            if len(spec.args) != 1 or spec.posonlyargs or spec.kwonlyargs or spec.vararg or spec.kwarg or spec.defaults:
                raise Untranslatable("a lambda that does not take one value")
            return self.expression(function.body, {**variables, spec.args[0].arg: element})
        called = self.static(function, variables)
        if called is MISSING:
            raise Untranslatable("a call of what is not a name")
        return self._called(ast.unparse(function), called, [element], {})

    def _inlined(self, name: str, function: object, arguments: list[Expr], keywords: dict[str, Expr]) -> Expr:
        helper = know(function, len(arguments)) if callable(function) else Refused("it is not callable")
        if not isinstance(helper, Known) or helper.is_generator:
            raise Untranslatable(f"a call of {name}")
        bound = helper.bind(arguments, keywords)
        if isinstance(bound, Refused):
            raise Untranslatable(f"a call of {name}: {bound.reason}")
        made, fixed = bound
        keys = {each: f"{each} of {id(helper)}" for each in made}
        variables = {
            each: leaf(given.kind, lambda frame, key=keys[each]: frame.variables[key], given.constant)  # type: ignore[misc]
            for each, given in made.items()
        }
        try:
            body = self.nested(helper, fixed).function(variables)
        except Untranslatable as reason:
            if helper.filename != self.filename:  # its lines are not those of the user's file
                raise Untranslatable(f"a call of {name}: {reason}") from None
            raise

        def run(frame: Frame) -> Any:
            inner = frame.branch(**{keys[each]: given.carry(frame) for each, given in made.items()})
            value = body.carry(inner)
            frame.join(True, inner)
            return value

        return leaf(body.kind, run)

    def _converted(self, function: object, operand: Expr) -> Expr | None:
        kind = operand.kind
        if kind is str and is_one_of(function, (LEN, INT, FLOAT)):
            self.constructs.append(function.__name__)  # type: ignore[attr-defined]
        if function is LEN:
            if kind is str:
                return constant(len(operand.constant)) if isinstance(operand.constant, str) else text.length(operand)
            if isinstance(kind, ListOf) and not kind.once:
                return Expr(int, lambda frame: operand.run(frame).lengths())
        elif function is INT:
            return parsing.to_int(operand) if kind is str else numbers.to_int(operand) if kind in NUMBERS else None
        elif function is FLOAT:
            if kind in NUMBERS:
                return Expr(float, lambda frame: numbers.as_float(operand, frame))
            return parsing.to_float(operand) if kind is str else None
        elif function is STR:
            return as_text(operand, self.constructs)
        elif function is BOOL:
            return truth(operand)
        elif function is ABS and kind in NUMBERS:
            return numbers.absolute(operand)
        elif function is ROUND and kind in NUMBERS:
            return numbers.rounded(operand)
        return None


def _time(function: ClassMember, arguments: list[Expr]) -> Expr | None:
    """Return a call of strptime or fromisoformat of a text. Return None for other calls."""
    owner, name = function
    if not arguments or arguments[0].kind is not str or owner not in (datetime, date):
        return None
    if name == "fromisoformat" and len(arguments) == 1:
        return times.from_iso(arguments[0], owner)
    if name == "strptime" and owner is datetime and len(arguments) == 2 and isinstance(arguments[1].constant, str):
        return times.parsed(arguments[0], arguments[1].constant)
    return None


def are_texts(*expressions: Expr) -> bool:
    """Return whether all are of kind str."""
    return all(each.kind is str for each in expressions)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _by_position(method: str, keywords: dict[str, Expr]) -> list[Expr]:
    """Return the keyword arguments of a str method as positional ones. Only split and rsplit have some."""
    if not keywords:
        return []
    if method in _SPLITS and list(keywords) in (["maxsplit"], ["sep"], ["sep", "maxsplit"]):
        return list(keywords.values())
    raise Untranslatable("keyword arguments")
