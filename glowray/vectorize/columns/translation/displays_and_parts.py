"""Translate displays (dicts and f-strings) and subscripts."""

from __future__ import annotations

import ast

from glowray.rows.types.kinds import ListOf, MatchOf, RecordOf, TupleOf
from glowray.vectorize.analyze.displays import constant_index
from glowray.vectorize.columns.operations.constant_tables import lookup
from glowray.vectorize.columns.operations.expressions import constant, field, fields, item, items, parts, record
from glowray.vectorize.columns.operations.formatting import as_text, formatted
from glowray.vectorize.columns.operations.none_values import there
from glowray.vectorize.columns.texts import regex_matches as matches
from glowray.vectorize.columns.texts import text_methods as text
from glowray.vectorize.columns.texts import text_slices as slices
from glowray.vectorize.columns.translation.calls import Calls
from glowray.vectorize.columns.vectors.frame import Expr
from glowray.vectorize.columns.vectors.untranslatable import Untranslatable

_MOST_NAMES = 1000


class DisplaysAndParts(Calls):
    """Translates expressions that put values together, and those that take a part of one."""

    def dict_display(self, node: ast.Dict, variables: dict[str, Expr]) -> Expr:
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

    def dict_comprehension(self, node: ast.DictComp, variables: dict[str, Expr]) -> Expr:
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

    def f_string(self, node: ast.JoinedStr, variables: dict[str, Expr]) -> Expr:
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

    def subscript(self, node: ast.Subscript, variables: dict[str, Expr]) -> Expr:
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
