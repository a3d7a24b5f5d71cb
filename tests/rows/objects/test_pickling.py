"""Test that classes of a script work on machines without the script, and come back as the same class."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from glowray.rows.objects.pickling import dumps, is_installed, loads
from tests.rows.hostile import Color, Plain, Point

ROOT = Path(__file__).parents[3]

FAR = """
import pickle, sys
from glowray.rows import Block
from glowray.rows.objects.pickling import dumps, loads
value = loads(sys.stdin.buffer.read())
assert "beside" not in sys.modules
again = loads(dumps(value))
assert not any(hasattr(each, "__dict__") for each in value[3]), "slots were lost"
assert Block.from_rows(value[3][:1] + value[3][2:]).pickled_values == 2
assert Block.from_rows(value[3][2:]).pickled_values == 0
assert type(again[0]) is type(value[0]), "one class became two"
answer = [type(value[0])(n=value[0].n + 1), value[1](), str(value[2].name), Block.from_rows([value[3]] * 2)]
sys.stdout.buffer.write(dumps(answer))
"""

HOME = """
import dataclasses, json, subprocess, sys, typing
import beside
from glowray.rows.objects.pickling import dumps, loads

class Here:
    factor = 2
    def __init__(self, n): self.n = n
    def twice(self): return self.n * self.factor

@dataclasses.dataclass(slots=True)
class Slotted:
    a: int
    __b: object = None

class Pair(typing.NamedTuple):
    x: int

method, count = Here.twice, beside.Count.next
slotted = [Slotted(1), Slotted(2, {3}), Pair(4)]
sent = dumps([Here(1), beside.answer, beside.Shade.DARK, slotted])
far = subprocess.run([sys.executable, "-c", sys.argv[1]], input=sent, capture_output=True, cwd=sys.argv[2])
assert far.returncode == 0, far.stderr.decode()
here, answer, name, block = loads(far.stdout)
assert block.rows() == [slotted, slotted] and type(block.rows()[0][0]) is Slotted
shade = loads(dumps(beside.Shade.DARK))
loads(dumps(beside.Count()))
untouched = Here.twice is method and beside.Count.next is count
print(json.dumps([type(here) is Here, here.twice(), answer, name, shade is beside.Shade.DARK, untouched]))
"""

BESIDE = """
import enum
class Shade(enum.Enum):
    DARK = 1
class Count:
    def next(self): return 1
def answer(): return helper() + 1
def helper(): return 41
"""


@pytest.mark.slow
def test_a_script_and_the_module_beside_it_travel_and_come_home(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text(BESIDE)
    script = tmp_path / "script.py"
    script.write_text(HOME)
    command = [sys.executable, str(script), FAR, str(ROOT)]
    done = subprocess.run(command, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [True, 4, 42, "DARK", True, True]


def test_code_keeps_its_file_and_lines() -> None:
    def outer() -> object:
        return lambda: 1 / 0

    again = loads(dumps(outer))
    for function, own in ((again, outer), (again(), outer())):
        assert (function.__code__.co_filename, function.__code__.co_firstlineno) == (
            __file__,
            own.__code__.co_firstlineno,
        )
        assert list(function.__code__.co_lines()) == list(own.__code__.co_lines())


def test_classes_keep_their_identity_and_methods_here() -> None:
    init = Plain.__init__
    plain, point, color = loads(dumps([Plain(1), Point(1, 2), Color.RED]))
    assert type(plain) is Plain and Plain.__init__ is init
    assert type(point) is Point
    assert color is Color.RED


def test_a_class_defined_in_a_function_keeps_its_identity() -> None:
    class Local:
        pass

    assert type(loads(dumps(Local()))) is Local


def test_installed_means_stdlib_site_packages_or_glowray() -> None:
    import numpy

    assert is_installed("json", json.__file__)
    assert is_installed("numpy", str(numpy.__file__))
    assert is_installed("glowray.rows.block", "/anywhere/block.py")
    assert is_installed("glowray_cli", "/anywhere/main.py")
    assert not is_installed("glowrays", "/anywhere/glowrays.py")
    assert not is_installed(__name__, __file__)
