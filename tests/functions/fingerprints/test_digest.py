"""Test that the digest of a function changes with all that the function does, and with nothing else."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from glowray.functions.fingerprints import libraries
from glowray.functions.fingerprints.cannot_tell import CannotTell
from glowray.functions.fingerprints.digest import class_content, digest
from glowray.rows.objects import class_names

CLOSURE = "def made(k):\n    return lambda n: n + k\nf = made(%s)"
CLASS = "class P:\n    k = %s\n    def m(self, n): return n + self.k\n"
WRAPPED = """
import functools
def wrap(g):
    @functools.wraps(g)
    def inner(n): return g(n)
    return inner
@wrap
def f(n): return %d
"""
CHANGES: dict[str, tuple[str, str]] = {
    "code": ("f = lambda n: n + 1", "f = lambda n: n + 2"),
    "an operator": ("f = lambda n: n + 1", "f = lambda n: n - 1"),
    "a constant in a tuple": ("f = lambda n: n + (1, 2)[0]", "f = lambda n: n + (2, 2)[0]"),
    "a constant in a set": ("f = lambda n: n in {1, 2}", "f = lambda n: n in {1, 3}"),
    "the type of a constant": ("f = lambda n: n + 1", "f = lambda n: n + 1.0"),
    "the sign of a zero": ("f = lambda n: n + 0.0", "f = lambda n: n + -0.0"),
    "an inner function": ("f = lambda n: (lambda: 1)()", "f = lambda n: (lambda: 2)()"),
    "a closure": (CLOSURE % "1", CLOSURE % "2"),
    "a list in a closure": (CLOSURE % "[1, [2]]", CLOSURE % "[1, [3]]"),
    "the type of a captured value": (CLOSURE % "1", CLOSURE % "True"),
    "a global": ("K = 1\ndef f(n): return n + K", "K = 2\ndef f(n): return n + K"),
    "a global of a function": (
        "K = 1\ndef g(n): return n + K\ndef f(n): return g(n)",
        "K = 2\ndef g(n): return n + K\ndef f(n): return g(n)",
    ),
    "a function in a list": ("L = [lambda n: 1]\nf = lambda n: L[0](n)", "L = [lambda n: 2]\nf = lambda n: L[0](n)"),
    "a default": ("def f(n, k=1): return n + k", "def f(n, k=2): return n + k"),
    "a default of a keyword": ("def f(n, *, k=1): return n + k", "def f(n, *, k=2): return n + k"),
    "an attribute of a function": ("def f(n): return f.k\nf.k = 1", "def f(n): return f.k\nf.k = 2"),
    "a class attribute": (CLASS % "1" + "f = lambda n: P().m(n)", CLASS % "2" + "f = lambda n: P().m(n)"),
    "the class of a value": (CLASS % "1" + "p = P()\nf = p.m", CLASS % "2" + "p = P()\nf = p.m"),
    "a base class": (
        CLASS % "1" + "class Q(P): pass\nf = lambda n: Q().m(n)",
        CLASS % "2" + "class Q(P): pass\nf = lambda n: Q().m(n)",
    ),
    "an attribute of a value": (CLASS % "1" + "p = P(); p.k = 3\nf = p.m", CLASS % "1" + "p = P(); p.k = 4\nf = p.m"),
    "a property": (
        "class P:\n    @property\n    def k(self): return 1\nf = lambda n: P().k",
        "class P:\n    @property\n    def k(self): return 2\nf = lambda n: P().k",
    ),
    "a slot": (
        "class P:\n    __slots__ = ('k',)\np = P(); p.k = 1\nf = lambda n: p.k",
        "class P:\n    __slots__ = ('k',)\np = P(); p.k = 2\nf = lambda n: p.k",
    ),
    "an enumeration": (
        "import enum\nclass E(enum.Enum):\n    A = 1\nf = lambda n: E.A",
        "import enum\nclass E(enum.Enum):\n    A = 2\nf = lambda n: E.A",
    ),
    "a partial": ("import functools\nf = functools.partial(max, 1)", "import functools\nf = functools.partial(max, 2)"),
    "a cached function": (
        "import functools\n@functools.lru_cache\ndef f(n): return n + 1",
        "import functools\n@functools.lru_cache\ndef f(n): return n + 2",
    ),
    "a wrapped function": (WRAPPED % 1, WRAPPED % 2),
    "a dataclass": (
        "import dataclasses\n@dataclasses.dataclass\nclass D:\n    n: int = 1\nf = lambda n: D().n",
        "import dataclasses\n@dataclasses.dataclass\nclass D:\n    n: int = 2\nf = lambda n: D().n",
    ),
    "an array": (
        "import numpy as np\nA = np.array([1, 2])\nf = lambda n: A",
        "import numpy as np\nA = np.array([1, 3])\nf = lambda n: A",
    ),
    "the type of an array": (
        "import numpy as np\nA = np.array([1], 'i4')\nf = lambda n: A",
        "import numpy as np\nA = np.array([1], 'i8')\nf = lambda n: A",
    ),
    "a pattern": ("import re\nP = re.compile('a')\nf = lambda n: P", "import re\nP = re.compile('b')\nf = lambda n: P"),
    "a counter": (
        "import collections\nC = collections.Counter('a')\nf = lambda n: C",
        "import collections\nC = collections.Counter('b')\nf = lambda n: C",
    ),
    "the order of a dict": ("D = {1: 1, 2: 2}\nf = lambda n: D", "D = {2: 2, 1: 1}\nf = lambda n: D"),
    "a library's function": ("import math\nf = math.sin", "import math\nf = math.cos"),
    "a method of a type": ("f = str.upper", "f = str.lower"),
    "a module's value": (
        "import digest_helper\ndigest_helper.K = 1\nf = lambda n: digest_helper.K",
        "import digest_helper\ndigest_helper.K = 2\nf = lambda n: digest_helper.K",
    ),
    "a value set in a module that is imported within": (
        "import digest_helper\ndigest_helper.K = 1\ndef f(n):\n    import digest_helper\n    return digest_helper.K",
        "import digest_helper\ndigest_helper.K = 2\ndef f(n):\n    import digest_helper\n    return digest_helper.K",
    ),
}  # fmt: skip
"""Two sources of a function f that do different things."""

SAME: dict[str, tuple[str, str]] = {
    "the line": ("f = lambda n: n + 1", "# a comment\n\nf = lambda n: n + 1"),
    "another global": ("f = lambda n: n + 1", "K = 1\nf = lambda n: n + 1"),
    "one object or two": ("a = [1]\nL = [a, a]\nf = lambda n: L", "L = [[1], [1]]\nf = lambda n: L"),
    "a set's order": ("S = {8, 0}\nf = lambda n: S", "S = {0, 8}\nf = lambda n: S"),
    "a function that calls itself": ("def f(n): return n and f(n - 1)",) * 2,
    "functions that call each other": ("def g(n): return n and f(n)\ndef f(n): return n and g(n - 1)",) * 2,
    "a class that names itself": (
        "class P:\n    def m(self): return P, super().__init__()\nf = lambda n: P().m()",
    )
    * 2,
    "a cache that was filled": (
        "import functools\n@functools.lru_cache\ndef f(n): return n",
        "import functools\n@functools.lru_cache\ndef f(n): return n\nf(1)",
    ),
    "a named tuple": ("import collections\nP = collections.namedtuple('P', 'a b')\nf = lambda n: P(1, 2)",) * 2,
    "an abstract class": (
        "import abc\nclass A(abc.ABC):\n    @abc.abstractmethod\n    def m(self): ...\nf = lambda n: A",
    )
    * 2,
    "sets of everything": (
        "class C: pass\nS = {1, 'a', (2, 'b'), frozenset({'x', 'y'}), C, len}\nf = lambda n: S",
    )
    * 2,
    "frames": (
        "import pandas as pd, pyarrow as pa\nT = pa.table({'a': [1]}), pd.DataFrame({'a': ['x']})\nf = lambda n: T",
    )
    * 2,
}  # fmt: skip
"""Two sources of a function f that do the same."""

UNKNOWN: dict[str, tuple[str, str]] = {
    "a list that holds itself": ("L = []\nL.append(L)\nf = lambda n: L", "cyclic"),
    "a lock": ("import threading\nL = threading.Lock()\nf = lambda n: L", "cannot pickle"),
    "any import": ("f = lambda n: __import__(n)", "__import__"),
    "any code": ("def f(n): return eval(n)", "eval"),
    "importlib": ("import importlib\ndef f(n): return importlib.import_module(n)", "import_module"),
    "a module that nobody has installed": (
        "import types\nM = types.ModuleType('digest_no_library')\nf = lambda n: M",
        "version",
    ),
}
"""Sources of a function f whose digest would not be certain, and a part of the reason."""


@pytest.fixture(autouse=True)
def _helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "digest_helper.py").write_text("K = 0\ndef f(n): return n + K\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    monkeypatch.setattr(class_names, "_namers", [class_content])
    yield
    sys.modules.pop("digest_helper", None)


def made(source: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the function f of a user's module with a source."""
    module = ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", module)
    exec(compile(source, "main.py", "exec"), vars(module))
    return vars(module)["f"]


def digest_of(source: str, monkeypatch: pytest.MonkeyPatch) -> str:
    return digest(made(source, monkeypatch))


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_shows(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = CHANGES[change]
    # A class of the same name may live from the source before, so its digest is compared without its name.
    monkeypatch.setattr("glowray.functions.fingerprints.digest.is_named", lambda cls: True)
    if "imported within" in change:
        monkeypatch.setattr("glowray.functions.fingerprints.own_modules._process_start", lambda: float("inf"))
    first = digest_of(before, monkeypatch)
    assert first == digest_of(before, monkeypatch)
    assert first != digest_of(after, monkeypatch)


@pytest.mark.parametrize("kept", SAME)
def test_nothing_else_shows(kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = SAME[kept]
    monkeypatch.setattr("glowray.functions.fingerprints.digest.is_named", lambda cls: True)
    assert digest_of(before, monkeypatch) == digest_of(after, monkeypatch)


@pytest.mark.parametrize("unknown", UNKNOWN)
def test_what_is_not_certain_has_no_digest(unknown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source, reason = UNKNOWN[unknown]
    with pytest.raises(CannotTell, match=reason):
        digest_of(source, monkeypatch)


def test_the_version_of_a_library_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    source = "import numpy as np\nf = lambda n: np.abs(n)"
    first = digest_of(source, monkeypatch)
    libraries._version_of_package.cache_clear()
    monkeypatch.setattr(libraries, "_version", lambda name: "0.1")
    assert digest_of(source, monkeypatch) != first
    libraries._version_of_package.cache_clear()


def test_the_files_of_modules_that_are_imported_within_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "def f(n):\n    from digest_helper import f\n    return f(n)"
    (tmp_path / "digest_helper.py").write_text("from digest_deeper import f\n")
    (tmp_path / "digest_deeper.py").write_text("def f(n): return 1\n")
    first = digest_of(source, monkeypatch)
    assert first == digest_of(source, monkeypatch)
    (tmp_path / "digest_deeper.py").write_text("def f(n): return 2\n")
    assert first != digest_of(source, monkeypatch)


def test_a_module_that_changed_after_it_was_loaded_is_not_certain(monkeypatch: pytest.MonkeyPatch) -> None:
    import digest_helper  # type: ignore[import-not-found]  # noqa: F401

    with pytest.raises(CannotTell, match="newer than this process"):
        digest_of("def f(n):\n    import digest_helper\n    return digest_helper.f(n)", monkeypatch)


def test_a_class_that_was_pickled_before_is_not_certain(monkeypatch: pytest.MonkeyPatch) -> None:
    from glowray.rows.objects.pickling import dumps

    monkeypatch.setattr(class_names, "_namers", [])
    f = made("class P: pass\nf = lambda n: P()", monkeypatch)
    dumps(f)
    monkeypatch.setattr(class_names, "_namers", [class_content])
    with pytest.raises(CannotTell, match="was pickled before"):
        digest(f)


class Hostile:
    """A value whose every operation raises, but for pickling."""

    def __getattribute__(self, name: str) -> Any:
        if name == "__reduce_ex__":
            return lambda protocol: (int, (3,))
        raise RuntimeError("asked for " + name)

    __bool__ = __eq__ = __hash__ = __repr__ = lambda self, *others: 1 / 0  # type: ignore[assignment, method-assign]


def test_no_code_of_a_value_runs() -> None:
    assert digest([Hostile()])


def test_a_deep_value_is_no_crash() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(CannotTell):
        digest(deep)
    while deep:  # its end must not recurse either
        deep = deep.pop()


def test_threads_are_apart() -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(digest([1, {"a", "b"}]))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1


EVERYWHERE = """
import json, sys
from types import ModuleType
from glowray.functions.fingerprints.digest import digest
from glowray.functions.fingerprints import digest as module_of_digest
module_of_digest.is_named = lambda cls: True
found = {}
for name, source in json.load(sys.stdin).items():
    module = sys.modules["__main__"] = ModuleType("__main__")
    exec(compile(source, "main.py", "exec"), vars(module))
    found[name] = digest(module.f)
    del module.f
print(json.dumps(found))
"""


@pytest.mark.process
def test_processes_agree() -> None:
    """Hash seeds, and the lines before a function, do not count."""
    several = {f"{name} {place}": source for name, sources in SAME.items() for place, source in enumerate(sources)}
    found = [
        subprocess.run(
            [sys.executable, "-c", "\n" * seed + EVERYWHERE],
            input=json.dumps(several),
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            check=True,
        ).stdout
        for seed in (1, 2)
    ]
    assert found[0] == found[1]
    assert len(json.loads(found[0])) == len(several)
