"""Test that functions are sent by value with everything that their code uses: parts of modules, cells, own builtins."""

from __future__ import annotations

import builtins
import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest
from cloudpickle import cloudpickle

from glowray.rows.objects.function_pickling import travels_by_value
from glowray.rows.objects.module_parts import uses_of
from glowray.rows.objects.pickling import dumps, loads


def defined(text: str, **space: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"__name__": "__main__", **space}
    exec(text, made)
    return made


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> Iterator[types.ModuleType]:
    """Return a package that is not installed. It and its module hold an object that cannot be pickled."""
    made = {}
    for name in ("parts", "parts.inner"):
        made[name] = module = types.ModuleType(name)
        module.lock = sys._getframe()  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(cloudpickle, "_PICKLE_BY_VALUE_MODULES", {*cloudpickle._PICKLE_BY_VALUE_MODULES, "parts"})
    exec("COUNT = 3\ndef twice(x): return x * 2\ndef again(x): return twice(twice(x))\n", vars(made["parts.inner"]))
    vars(made["parts"]).update(inner=made["parts.inner"], LIMIT=5, lazy=None)
    exec("def use(x): return inner.twice(x) + LIMIT\n", vars(made["parts"]))
    yield made["parts"]


USES = {
    "f = lambda m: m.a.b(m.c)": None,
    "f = lambda x: m.a.b(m.c)": {("a", "b"), ("c",)},
    "f = lambda x: m.a + (lambda y: m.b)(x)": {("a",), ("b",)},
    "f = lambda x: [m.a for y in x if m.b(y)]": {("a",), ("b",)},
    "f = lambda x: m": "whole",
    "f = lambda x: vars(m)": "whole",
    "f = lambda x: m.a or getattr(m, x)": "whole",
    "def f(x):\n    m.a = x": {("a",)},
    "def f(x):\n    m.a += x": "whole",
    "def f(x):\n    n = m\n    return n.a": "whole",
    "f = lambda x: m.a if x else m.b.c": {("a",), ("b", "c")},
}


@pytest.mark.parametrize("text", USES)
def test_what_code_uses_of_a_name(text: str) -> None:
    uses, expected = uses_of(defined(text)["f"].__code__), USES[text]
    assert uses.get("m", "none") == ("none" if expected is None else None if expected == "whole" else expected)


def test_only_what_is_used_travels(package: types.ModuleType) -> None:
    made = defined(
        "f = lambda x: parts.use(x)\ng = lambda x: [parts.inner.again(x), parts.inner.COUNT]\n", parts=package
    )
    assert loads(dumps(made["f"]))(2) == 9
    assert loads(dumps(made["g"]))(2) == [8, 3]
    f, g = loads(dumps([made["f"], made["g"]]))
    assert (f(2), g(2)) == (9, [8, 3])
    assert f.__globals__["parts"] is g.__globals__["parts"]
    assert sorted(name for name in vars(f.__globals__["parts"]) if not name.startswith("_")) == ["inner", "use"]


def test_what_is_set_in_a_module_is_seen_by_all(package: types.ModuleType) -> None:
    text = "def put(x):\n    parts.LIMIT = x\ndef get(): return parts.LIMIT\n"
    made = defined(text, parts=package)
    put, get = loads(dumps([made["put"], made["get"]]))
    put(8)
    assert get() == 8
    assert package.LIMIT == 5


def test_parts_and_the_whole_are_one_module(package: types.ModuleType) -> None:
    del package.lock, package.inner.lock
    made = defined("f = lambda: parts.LIMIT\ng = lambda: [parts][0].use(1)\n", parts=package)
    for order in (("f", "g"), ("g", "f")):
        first, last = loads(dumps([made[name] for name in order]))
        assert {first(), last()} == {5, 7}
        assert first.__globals__["parts"] is last.__globals__["parts"]


def test_a_module_that_is_not_used_up_is_refused_as_before(package: types.ModuleType) -> None:
    with pytest.raises(TypeError, match="frame"):
        dumps(defined("f = lambda: vars(parts)\n", parts=package)["f"])


def test_attributes_that_a_module_computes(package: types.ModuleType) -> None:
    exec("def __getattr__(name): return name + '!'\n", vars(package))
    assert loads(dumps(defined("f = lambda: parts.anything\n", parts=package)["f"]))() == "anything!"
    del package.__getattr__  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="anything"):
        loads(dumps(defined("f = lambda: parts.anything\n", parts=package)["f"]))()


def test_functions_keep_builtins_of_their_own() -> None:
    own = {**vars(builtins), "max": min, "mine": 4}
    del own["len"]
    made = defined("f = lambda x: [max(1, 2), mine, (lambda: max(1, 2))()]\ng = lambda x: len(x)\n", __builtins__=own)
    assert loads(dumps(loads(dumps(made["f"]))))(1) == [1, 4, 1]
    with pytest.raises(NameError, match="len"):
        loads(dumps(made["g"]))("a")
    plain = loads(dumps(defined("f = lambda x: max(1, x)\n")["f"]))
    assert plain(2) == 2 and plain.__builtins__ is vars(builtins)


def test_variables_without_a_value_have_none_there_either() -> None:
    text = "def outer():\n    late = 1\n    f = lambda: late\n    del late\n    return f\n"
    with pytest.raises(NameError, match="late"):
        loads(dumps(defined(text)["outer"]()))()


def test_functions_know_themselves_and_each_other() -> None:
    text = "def even(n): return n == 0 or odd(n - 1)\ndef odd(n): return n != 0 and even(n - 1)\n"
    even = loads(dumps(defined(text)["even"]))
    assert even(10) and not even(7)
    assert even.__globals__["odd"].__globals__["even"] is even


def test_a_proxy_of_the_users_travels_with_its_class() -> None:
    text = "class Proxy:\n    __class__ = property(lambda self: int)\n    __name__ = property(lambda self: 'me')\n"
    text += "    def __reduce__(self): return make, ()\ndef make(): return Proxy()\np = make()\n"
    proxy = loads(dumps(defined(text)["p"]))
    assert isinstance(proxy, int) and proxy.__name__ == "me"  # type: ignore[unreachable]


def test_whose_modules_travel() -> None:
    assert travels_by_value("__main__") and travels_by_value(None) and travels_by_value(3)
    assert not travels_by_value("json.decoder") and not travels_by_value("")
