"""Makes the statements at the end of a segment's loop, which take each row that its steps give."""

from __future__ import annotations

import ast
from functools import partial

from glowray.kernels.base.keyed import keyed_row
from glowray.kernels.keys.combiners import CombineStep
from glowray.kernels.partition.join_step import JoinInPlace
from glowray.vectorize.analyze.displays import holds_dict, simple_copy
from glowray.vectorize.definition.function_lookup import know
from glowray.vectorize.definition.known_function import Known, Refused
from glowray.vectorize.loops.body.inlining import inline, settle
from glowray.vectorize.loops.chain import Chain
from glowray.vectorize.loops.code.line_table import Span
from glowray.vectorize.loops.code.weaver import Weaver, assign, load, place, store
from glowray.vectorize.loops.input_rows import keep_value


def appending(row: ast.expr) -> list[ast.stmt]:
    """Return the statement that calls `append` with the row."""
    return [ast.Expr(ast.Call(load("append"), [simple_copy(row)], []))]


def counting(row: ast.expr) -> list[ast.stmt]:
    """Return the statement that counts the row."""
    return [ast.Expr(ast.Call(load("count"), [], []))]


def yielding(row: ast.expr) -> list[ast.stmt]:
    """Return the statement that yields the row."""
    return [ast.Expr(ast.Yield(simple_copy(row)))]


def _is_text(key: ast.expr) -> ast.expr:
    """Return the test whether a key is exactly a str. A dict then finds it without its canonical key."""
    return ast.Compare(ast.Call(load("type"), [simple_copy(key)], []), [ast.Is()], [load("str")])


class Keep:
    """Makes the statements of a semi or anti join: yield a keyed row if its key is, or is not, in the dict `entries`.

    Only keys of type str are looked up directly. For others the loop calls `slow`.
    """

    def __init__(self, step: JoinInPlace, chain: Chain, weaver: Weaver) -> None:
        self.step, self.chain, self.weaver = step, chain, weaver

    def __call__(self, row: ast.expr) -> list[ast.stmt]:
        line = self.weaver.own_lines(self.step.verb)
        before, (key, _) = self.chain.unpack(row, 2, partial(keyed_row, verb=self.step.verb), line)
        has: ast.cmpop = ast.In() if self.step.how == "semi" else ast.NotIn()
        quick = ast.Compare(simple_copy(key), [has], [load("entries")])
        test = ast.IfExp(_is_text(key), quick, ast.Call(load("slow"), [simple_copy(key)], []))
        return place([*before, ast.If(test, yielding(row), [])], line)


class Combine:
    """Makes the statements that fold keyed rows into a dict: one look-up, the reducer inlined, one store.

    The raw key is looked up. `miss` is called for a key that is not found so, or is not hashable.

    Args:
        cells: the number of fields of the accumulators, if they are tuples. The dict then holds a list for each key,
            whose fields are replaced: no tuple is made for a row, and no key is stored again. Otherwise None.

    After the loop is made, `width` is the value for `cells` if all accumulators are tuples of one length, else None.
    """

    def __init__(
        self, step: CombineStep, chain: Chain, weaver: Weaver, index: int, cells: int | None, vectorize: bool
    ) -> None:  # fmt: skip
        self.step, self.chain, self.weaver, self.index, self.cells = step, chain, weaver, index, cells
        self.found = weaver.fresh("found")
        self.known = know(step.combiner.add.call, 2) if vectorize else None
        self.reason: str | None = None
        self._values: list[ast.expr] = []

    def __call__(self, row: ast.expr) -> list[ast.stmt]:
        weaver = self.weaver
        line = weaver.own_lines(self.step.verb)
        before, (key, value) = self.chain.unpack(row, 2, partial(keyed_row, verb=self.step.verb), line)
        if isinstance(key, ast.Tuple):
            name = weaver.fresh("key")
            before = [*before, assign(name, key)]
            key = load(name)
        self._values.append(value)
        keeping, kept = keep_value(value, self.step.combiner.add.call, weaver)
        with weaver.at(self.index, ast.Tuple([simple_copy(key), simple_copy(kept)], ast.Load())):
            line = weaver.own_lines(self.step.verb)
            return place([*before, *keeping, *self._combined(key, value, line)], line)

    def _combined(self, key: ast.expr, value: ast.expr, line: Span) -> list[ast.stmt]:
        """Return the statements that fold a value into the entry of its key."""
        unknown = assign(self.found, load("missing"))
        get = assign(self.found, ast.Call(load("get"), [simple_copy(key), load("missing")], []))
        look = ast.Try([get], [ast.ExceptHandler(load("TypeError"), None, [unknown])], [], [])
        miss: ast.stmt = ast.Expr(ast.Call(load("miss"), [simple_copy(key), simple_copy(value)], []))
        if self.step.combiner.zero is None:
            first = ast.Assign([_entry(key)], simple_copy(value) if self.cells is None else _cell(value))
            miss = ast.If(_is_text(key), [first], [miss])
        fold = self._fold(key, value) if self.cells is None else self._fold_cell(value, self.cells, line)
        is_new = ast.Compare(load(self.found), [ast.Is()], [load("missing")])
        return [look, ast.If(is_new, [miss], fold)]

    @property
    def width(self) -> int | None:
        """The number of fields, if every accumulator is known to be a plain tuple of as many; else None."""
        zero = self.step.combiner.zero
        if not isinstance(self.known, Known) or not self._values:
            return None
        first = self._values if zero is None else [zero.value]
        widths = {_width(each) for each in first}
        width = widths.pop() if len(widths) == 1 else None
        if not width:
            return None
        weaver = Weaver()
        fields = ast.Tuple([load(weaver.fresh("field")) for _ in range(width)], ast.Load())
        value = simple_copy(fields) if zero is None else load(weaver.fresh("value"))
        inlined = inline(self.known, [fields, value], weaver)
        return width if not isinstance(inlined, Refused) and _width(inlined.value) == width else None

    def _fold(self, key: ast.expr, value: ast.expr) -> list[ast.stmt]:
        folding, folded = self._folded([load(self.found), simple_copy(value)])
        return [*folding, ast.Assign([_entry(key)], folded)]

    def _fold_cell(self, value: ast.expr, width: int, line: Span) -> list[ast.stmt]:
        """Return the statements that fold a value into a list of fields.

        All fields are computed before the first is replaced, so an error leaves the accumulator as it was.
        """
        names = [self.weaver.fresh("kept") for _ in range(width)]
        kept: list[ast.expr] = [load(name) for name in names]
        taken = ast.Assign([ast.Tuple([store(name) for name in names], ast.Store())], load(self.found))
        folding, folded = self._folded([ast.Tuple(kept, ast.Load()), simple_copy(value)])
        settled, folded = settle(folded, self.weaver, "folded", line)
        if not isinstance(folded, ast.Tuple):
            made = [self.weaver.fresh("field") for _ in range(width)]
            settled.append(ast.Assign([ast.Tuple([store(name) for name in made], ast.Store())], folded))
            folded = ast.Tuple([load(name) for name in made], ast.Load())
        put: list[ast.stmt] = []
        for index, (name, field) in enumerate(zip(names, folded.elts, strict=True)):
            if not (isinstance(field, ast.Name) and field.id == name):
                target = ast.Subscript(load(self.found), ast.Constant(index), ast.Store())
                put.append(ast.Assign([target], simple_copy(field)))
        return [taken, *folding, *settled, *put]

    def _folded(self, arguments: list[ast.expr]) -> tuple[list[ast.stmt], ast.expr]:
        inlined = inline(self.known, arguments, self.weaver) if isinstance(self.known, Known) else self.known
        if inlined is not None and not isinstance(inlined, Refused):
            if not inlined.statements:
                return [], inlined.value
            return inlined.settle(self.weaver, "folded")
        self.reason = inlined.reason if inlined is not None else "it was not looked at"
        call = load(self.weaver.give(self.step.combiner.add.call, "reducer"))
        return [], ast.Call(call, arguments, [])


def _entry(key: ast.expr) -> ast.expr:
    return ast.Subscript(load("entries"), simple_copy(key), ast.Store())


def _cell(value: ast.expr) -> ast.expr:
    """Return the expression for a list of the fields of a tuple."""
    if isinstance(value, ast.Tuple):
        return ast.List([simple_copy(field) for field in value.elts], ast.Load())
    return ast.Call(load("list"), [simple_copy(value)], [])


def _width(value: object) -> int | None:
    """Return the number of fields of a plain tuple or of a tuple display; None for others.

    A display with a dict or a starred field counts as another value.
    """
    if type(value) is tuple:
        return len(value)
    if type(value) is not ast.Tuple or holds_dict(value):
        return None
    return None if any(isinstance(field, ast.Starred) for field in value.elts) else len(value.elts)
