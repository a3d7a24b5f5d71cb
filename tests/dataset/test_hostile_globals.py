"""Test that glowray never touches hostile objects beside the user's functions. Every operation on such an object
raises.
"""

from __future__ import annotations

import linecache
import re
import sys
import types
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import glowray as gr
from tests.engine.doubles import Lab

_SERIAL = count()
ASKED: list[str] = []
DUNDERS = (
    "__bool__", "__eq__", "__ne__", "__hash__", "__len__", "__iter__", "__next__", "__contains__", "__call__",
    "__repr__", "__str__", "__format__", "__getattr__", "__lt__", "__gt__", "__add__", "__getitem__", "__index__",
    "__int__", "__enter__", "__exit__", "__dir__", "__get__", "__set_name__", "__instancecheck__", "__reduce__",
    "__sizeof__", "__del_name__", "__length_hint__", "__copy__", "__deepcopy__", "__await__", "__bytes__", "__fspath__",
)  # fmt: skip

PRELUDE = """
class Asked(Exception): pass

def raising(name, asked):
    def method(*given, **named):
        asked.append(name)
        raise Asked(name)
    return method

def proxy_class(asked, dunders, base=object, meta=type, allowed=()):
    space = {name: raising(name, asked) for name in dunders if name not in allowed}
    space["__class__"] = property(raising("__class__", asked))
    space["__dict__"] = property(raising("__dict__", asked))
    space["__wrapped__"] = space["__func__"] = space["__name__"] = property(raising("__wrapped__", asked))
    look = raising("__getattribute__", asked)
    def __getattribute__(self, name):
        if name in allowed:
            return object.__getattribute__(self, name)
        look()
    space["__getattribute__"] = __getattribute__
    space["__reduce_ex__"] = raising("__reduce_ex__", asked)
    return meta("Proxy", (base,), space)

def hostile_meta(asked):
    names = ("__eq__", "__hash__", "__bool__", "__len__", "__iter__", "__call__", "__repr__", "__getattr__")
    space = {name: raising("meta " + name, asked) for name in names}
    space["__getattribute__"] = raising("meta __getattribute__", asked)
    return type("Meta", (type,), space)
"""
_space: dict[str, Any] = {}
exec(PRELUDE, _space)


def hostile_objects() -> dict[str, Any]:
    """Return proxies of several kinds, each under its own name."""
    made: dict[str, Any] = {}
    proxy = _space["proxy_class"](ASKED, DUNDERS)
    made["request"] = object.__new__(proxy)
    made["lazy_module"] = types.ModuleType.__new__(_space["proxy_class"](ASKED, DUNDERS, types.ModuleType))
    made["deferred_text"] = str.__new__(_space["proxy_class"](ASKED, DUNDERS, str), "x")
    made["deferred_list"] = list.__new__(_space["proxy_class"](ASKED, DUNDERS, list))
    made["deferred_dict"] = dict.__new__(_space["proxy_class"](ASKED, DUNDERS, dict))
    made["deferred_int"] = int.__new__(_space["proxy_class"](ASKED, DUNDERS, int), 5)
    made["deferred_call"] = partial.__new__(_space["proxy_class"](ASKED, DUNDERS, partial), len)
    made["Hostile"] = type.__new__(_space["hostile_meta"](ASKED), "Hostile", (), {})
    made["decorated"] = lambda x: x
    made["decorated"].__wrapped__ = made["request"]
    made["method"] = types.MethodType(len, made["request"])
    made["many"] = [made["request"]]
    made["mapping"] = {"request": made["request"]}
    ASKED.clear()
    return made


HOSTILE = hostile_objects()

TEXT = """
LIMIT = 3
seen = set()
def helped(v):
    if v > LIMIT: return LIMIT
    return v
def shout(word): return word.upper()
def odd(x): return x % 2
def each(x):
    for y in range(x): yield y * 2
def pair(x): return (x % 2, max(x, 1))
def add(a, b): return a + b
def makes(x): return {"a": x, "b": helped(x)}
class Space:
    request = request
    def __init__(self, n): self.n = n
    def __call__(self, x): return x + self.n
    def method(self, x): return x - self.n
    @staticmethod
    def static(x): return x * 2
"""


def module_of(text: str, name: str = "__main__", **space: Any) -> dict[str, Any]:
    """Return the globals of a module with this source, like those of a script."""
    filename = f"<hostile {next(_SERIAL)}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    made: dict[str, Any] = {"__name__": name, **space}
    exec(compile(text, filename, "exec"), made)
    return made


JOBS: dict[str, Callable[[gr.Flow, dict[str, Any]], Any]] = {
    "map": lambda flow, m: flow.from_items(range(6)).map(m["helped"]).collect(),
    "lambda": lambda flow, m: flow.from_items(range(6)).map(m["f"]).collect(),
    "text": lambda flow, m: flow.from_items(["a b", "c"]).map(m["shout"]).collect(),
    "filter": lambda flow, m: flow.from_items(range(6)).filter(m["odd"]).collect(),
    "flat_map": lambda flow, m: flow.from_items(range(4)).flat_map(m["each"]).collect(),
    "reduce_by_key": lambda flow, m: sorted(flow.from_items(range(9)).map(m["pair"]).reduce_by_key(m["add"]).collect()),
    "group_by": lambda flow, m: sorted(flow.from_items(range(5)).group_by(m["odd"]).collect()),
    "records": lambda flow, m: flow.from_items(range(5)).map(m["makes"]).map(m["a_of"]).collect(),
    "sort": lambda flow, m: flow.from_items(range(5)).sort(m["f"], reverse=True).collect(),
    "reduce": lambda flow, m: flow.from_items(range(5)).reduce(m["add"]).collect(),
    "object": lambda flow, m: flow.from_items(range(5)).map(m["Space"].static).collect(),
    "explain": lambda flow, m: len(str(flow.from_items(range(5)).map(m["helped"]).explain())) > 0,
}
FUNCTIONS = "f = lambda x: helped(x) + 1\na_of = lambda row: row['a'] + row['b']\n"


@pytest.mark.parametrize("job", JOBS)
def test_what_a_function_does_not_use_is_not_asked(job: str, engine: Lab) -> None:
    plain = JOBS[job](engine.flow(), module_of(FUNCTIONS + TEXT, request=None))
    ASKED.clear()
    made = module_of(FUNCTIONS + TEXT.replace("    request = request\n", ""), **HOSTILE)
    assert JOBS[job](engine.flow(), made) == plain
    assert ASKED == []


@pytest.mark.parametrize("name", HOSTILE)
def test_each_of_them_alone(name: str) -> None:
    ASKED.clear()
    made = module_of(FUNCTIONS + TEXT.replace("    request = request\n", ""), **{name: HOSTILE[name]})
    made["space"] = made["Space"](2)
    rows = gr.Flow(engine="inline").from_items(range(6))
    mapped = rows.map(made["f"]).map(made["space"].method).map(made["space"]).map(partial(made["add"], 1))
    assert mapped.collect() == [2, 3, 4, 5, 5, 5]
    assert mapped.explain()
    assert ASKED == []


USES = """
def asks_once(x): return [x, bool(request)] if x == 2 else [x]
def only_passes(x): return x if (lambda v: True)(request) else 0
def compares(x): return request == x
def member(x): return x in (request,)
def called(x): return request(x)
def attribute(x): return request.user
def measured(x): return [len(request), x]
def largest(x): return max(request, x)
def looped(x): return [y for y in request]
def defaulted(x, r=request): return [x, bool(r)]
def keyworded(x, *, r=request): return [x, len(r)]
def outer(r): return lambda x: [x, bool(r), r == x] if x else [x]
closed = outer(request)
bound = partial(lambda r, x: [x, bool(r)], request)
named = partial(lambda x, r: [x, r > x], r=request)
"""
COUNTING = (
    PRELUDE
    + '''
class Counted:
    """A proxy that may be sent, and that counts what it is asked, in the file that it is given."""
    def __init__(self, path): object.__setattr__(self, "path", path)
    def __reduce_ex__(self, protocol): return make, (object.__getattribute__(self, "path"),)
    def __getattribute__(self, name):
        if name == "__reduce_ex__": return object.__getattribute__(self, name)
        return note(self, name)
    __class__ = property(lambda self: note(self, "class"))
    def __bool__(self): return note(self, "bool") or True
    def __eq__(self, other): return note(self, "eq") or True
    def __hash__(self): return note(self, "hash") or 1
    def __len__(self): return note(self, "len") or 7
    def __iter__(self): note(self, "iter"); return iter((1, 2))
    def __call__(self, x): return note(self, "call") or x
    def __repr__(self): return note(self, "repr") or "proxy"
    def __gt__(self, other): return note(self, "gt") or True
    def __lt__(self, other): return note(self, "lt") or True
def make(path): return Counted(path)
def note(self, what):
    with open(object.__getattribute__(self, "path"), "a") as file: file.write(what + "\\n")
request = Counted(PATH)
'''
)


@pytest.mark.parametrize("name", re.findall(r"^(?:def )?(\w+)(?:\(x| =)", USES, re.MULTILINE))
def test_what_a_function_uses_is_asked_as_often_as_in_a_call(name: str, engine: Lab, tmp_path: Path) -> None:
    path = tmp_path / "asked"
    path.touch()
    made = module_of(COUNTING + USES, PATH=str(path), partial=partial)
    plain = [made[name](x) for x in range(4)]
    asked = path.read_text()
    path.write_text("")
    assert engine.flow().from_items(range(4)).map(made[name]).collect() == plain
    assert path.read_text() == asked


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give a module of the user that is not installed. It holds values that cannot be sent and must not be touched."""
    name = f"beside_{next(_SERIAL)}"
    (tmp_path / f"{name}.py").write_text(
        "import threading\nrequest = None\nlock = threading.Lock()\nWORDS = ('a', 'b')\ncalls = []\n"
        "def clean(x): return inner(x) + len(WORDS)\ndef inner(x): return x * 2\n"
        "def locked(x):\n    with lock: return x\n"
        "def handler(): return request.user, lock\n"
        "class Model:\n    def __init__(self, n): self.n = n\n    def apply(self, x): return clean(x) + self.n\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    module = __import__(name)
    module.request = HOSTILE["request"]
    vars(module).update({f"{each}_": value for each, value in HOSTILE.items()})
    ASKED.clear()
    yield module
    del sys.modules[name]


def test_of_a_module_only_what_is_used_travels(beside: Any, engine: Lab) -> None:
    text = (
        "def clean(x): return beside.clean(x)\ndef words(x): return [beside.WORDS[0], beside.inner(x)]\n"
        "def model(x): return beside.Model(x).apply(1)\n"
        "def outer(m):\n    return lambda x: m.clean(x) + (lambda y: m.inner(y))(x)\nclosed = outer(beside)\n"
    )
    made = module_of(text, beside=beside)
    rows = engine.flow().from_items(range(3))
    for name in ("clean", "words", "model", "closed"):
        assert rows.map(made[name]).collect() == [made[name](x) for x in range(3)]
    together = rows.map(made["clean"]).map(made["words"]).map(lambda words: words[1]).map(made["model"])
    assert together.collect() == [made["model"](made["words"](made["clean"](x))[1]) for x in range(3)]
    assert rows.map(beside.clean).map(beside.Model(3).apply).collect() == [
        beside.clean(beside.clean(x)) + 3 for x in range(3)
    ]
    assert ASKED == []


def test_what_cannot_be_sent_and_is_used_is_named(beside: Any) -> None:
    made = module_of("f = lambda x: beside.locked(x)\n", beside=beside)
    with pytest.raises(TypeError, match=r"it captures .*lock"):
        gr.Flow(engine="inline").from_items([1]).map(made["f"])
    assert ASKED == []


def test_a_module_that_is_used_in_another_way_travels_whole(beside: Any, engine: Lab) -> None:
    for name in [name for name in vars(beside) if name.strip("_") in HOSTILE or name in ("lock", "request")]:
        delattr(beside, name)
    made = module_of("def f(x): return [getattr(beside, 'cle' + 'an')(x), sorted(vars(beside))[-1]]\n", beside=beside)
    assert engine.flow().from_items([1]).map(made["f"]).collect() == [[4, "threading"]]


def test_hostile_entries_of_the_table_of_modules(monkeypatch: pytest.MonkeyPatch, engine: Lab) -> None:
    import numpy as np

    for name in ("request", "lazy_module", "deferred_dict", "Hostile"):
        monkeypatch.setitem(sys.modules, f"hostile_{name}", HOSTILE[name])
    ASKED.clear()
    made = module_of("def f(x): return int(np.add(x, 1))\n", np=np, add=np.add)
    unnamed = module_of("def f(x): return x + 1\n", name="here")["f"]
    unnamed.__module__ = None
    rows = engine.flow().from_items([1])
    assert rows.map(made["f"]).map(unnamed).collect() == [3]
    assert ASKED == []
