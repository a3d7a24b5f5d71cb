"""Test names without a value: they do no harm in code that never runs, and are errors exactly when read."""

from __future__ import annotations

import linecache
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glowray as gr
from glowray.functions.show import shown
from glowray.vectorize.definition.environment import globals_read
from glowray.vectorize.loops.chain import row_loop
from tests.effort import examples
from tests.engine.doubles import Lab
from tests.vectorize.running import step

_SERIAL = count()
ROWS = [0, 1, 5, -2]


def functions(text: str, *unset: str, **space: Any) -> dict[str, Any]:
    """Return the namespace of a module with that source, after deleting some of its names."""
    filename = f"<dead {next(_SERIAL)}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    made = {"__name__": "__main__", **space}
    exec(compile(text, filename, "exec"), made)
    for name in unset:
        del made[name]
    return made


def outcome(run: Any) -> Any:
    try:
        return run()
    except Exception as error:
        return type(error), str(error)


def assert_as_called(f: Any, lab: Lab, verb: str = "map") -> None:
    plain = outcome(lambda: [f(row) for row in ROWS])
    for vectorize in (True, False):
        rows = lab.flow(vectorize=vectorize).from_items(ROWS)
        assert outcome(rows.map(f).collect) == plain


DEAD = [
    "False and x in NAMES", "x if True else NAMES", "NAMES if 0 else x", "(x, NAMES)[0] if () else x",
    "[x for y in (1,) if not (0 and NAMES)]", "x + 1 if not (None and NAMES.a) else 0", "'' and NAMES() or x",
    "[len(NAMES) if False else x]", "max(x, 1) if 1 else max(NAMES, 1)", "x if __debug__ else NAMES",
    "any(False and NAMES for y in (x,))", "(lambda y: y if True else NAMES)(x)", "{'a': x} if 1 else {**NAMES}",
]  # fmt: skip
BODIES = [
    "while 0: NAMES()\n    return x", "if False: return NAMES\n    return x + 1", "if 0: y = NAMES\n    return x",
    "if __debug__: return x\n    return NAMES", "for y in ():\n        return NAMES\n    return x",
    "return x\n    NAMES", "if x > 100: return NAMES\n    return x", "try: return x\n    finally: 0 and NAMES",
]  # fmt: skip


@pytest.mark.parametrize(
    "text", [f"f = lambda x: {each}\n" for each in DEAD] + [f"def f(x):\n    {b}\n" for b in BODIES]
)
@pytest.mark.parametrize("there", [True, False], ids=["there", "deleted"])
def test_names_that_only_dead_code_has(text: str, there: bool) -> None:
    made = functions(text + "NAMES = {'a'}\n", *(() if there else ("NAMES",)))
    assert_as_called(made["f"], Lab("inline"))


def test_dead_names_on_every_engine(engine: Lab) -> None:
    made = functions("f = lambda x: not (False and x in NAMES)\ng = lambda x: x if True else NAMES\nNAMES = {'a'}\n")
    assert engine.flow().from_items(ROWS).filter(made["f"]).map(made["g"]).collect() == ROWS


def test_a_name_that_is_missing_is_the_users_own_error(engine: Lab) -> None:
    made = functions("def f(x): return NAMES[x] if x > 3 else x\nNAMES = {}\n", "NAMES")
    rows = engine.flow().from_items(ROWS)
    assert rows.filter(lambda x: x < 3).map(made["f"]).collect() == [0, 1, -2]
    with pytest.raises(NameError, match="name 'NAMES' is not defined"):
        rows.map(made["f"]).collect()


def test_a_variable_without_a_value_is_the_users_own_error(engine: Lab) -> None:
    text = (
        "def outer():\n    late = 1\n    f = lambda x: late if x > 3 else x\n    del late\n    return f\nf = outer()\n"
    )
    f = functions(text)["f"]
    rows = engine.flow().from_items(ROWS)
    assert rows.filter(lambda x: x < 3).map(f).collect() == [0, 1, -2]
    with pytest.raises(NameError, match="free variable 'late'"):
        rows.map(f).collect()


def test_names_that_are_set_between_the_verb_and_the_action() -> None:
    made = functions("def f(x): return x + LATE\n")
    rows = gr.Flow(engine="inline").from_items(ROWS).map(made["f"])
    made["LATE"] = 2
    assert rows.collect() == [2, 3, 7, 0]
    del made["LATE"]
    with pytest.raises(NameError):
        rows.collect()


def test_a_name_that_a_task_does_not_find_is_an_error_when_it_is_read() -> None:
    """An installed module may hold less on a worker than in the driver."""
    f = functions("def f(x): return [LIMIT, x] if x > 3 else x\nLIMIT = 7\n")["f"]
    made, _ = row_loop([step("map", f)])
    del f.__globals__["LIMIT"]
    loop, out = made.function(), []
    loop([0, 3], out.append)
    assert out == [0, 3]
    with pytest.raises(NameError, match="name 'LIMIT' is not defined"):
        loop([5], out.append)


def test_names_of_compiled_code() -> None:
    made = functions("def f(x):\n    if 0: a\n    return [b(lambda: c.d) for y in e] and (1 or g)\n")
    assert globals_read(made["f"].__code__) == {"b", "c", "e"}


# Random functions: some parts run and some do not. Their names are there, missing, or deleted later.

NAMES = st.sampled_from(["A", "B", "helper", "gone", "never", "late", "max", "len", "recursive"])
CONDITIONS = st.sampled_from(["False", "0", "True", "x > 3", "x > 100", "x < 0", "not x", "__debug__", "None"])
USES = st.sampled_from(["{n}", "{n}(x)", "{n}(x, 1)", "{n} + x", "x in {n}", "{n}.real", "[{n} for y in (1, 2)]"])
STATEMENTS = st.sampled_from(["if {t}: return {e}", "while {t} and x < 0: return {e}", "y = {e}", "if {t}: y = x"])


@st.composite
def expressions(draw: st.DrawFn) -> str:
    test, name = draw(CONDITIONS), draw(NAMES)
    use = draw(USES).format(n=name)
    form = draw(st.sampled_from(["({u} if {t} else x)", "({t} and {u})", "({t} or {u})", "[{u} for y in (x,) if {t}]"]))
    return form.format(u=use, t=test)


@st.composite
def programs(draw: st.DrawFn) -> str:
    lines = []
    for _ in range(draw(st.integers(0, 3))):
        statement = draw(
            st.sampled_from(["if {t}: return {e}", "while {t} and x < 0: return {e}", "y = {e}", "if {t}: y = x"])
        )
        lines.append("        " + statement.format(t=draw(CONDITIONS), e=draw(expressions())))
    lines.append(f"        return [x, {draw(expressions())}]")
    return (
        "A = 3\nB = (1, 2)\ngone = 4\n"
        "def helper(v, w=0):\n    if v > 3: return gone if v > 50 else w\n    return v\n"
        "def recursive(v, w=0): return v if v < 1 else recursive(v - 1)\n"
        "def outer():\n    late = 1\n    def f(x):\n" + "\n".join(lines) + "\n    if late: del late\n    return f\n"
        "f = outer()\n"
    )


@given(programs())
@settings(max_examples=examples(150))
def test_random_functions_with_missing_names(text: str) -> None:
    f = functions(text, "gone")["f"]
    for row in ROWS:
        plain = outcome(lambda row=row: [f(row)])
        rows = outcome(gr.Flow(engine="inline").from_items([row]).map(f).collect)
        assert shown(rows) == shown(plain)  # without addresses, because a sent function is another object
