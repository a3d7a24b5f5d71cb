"""Test that one of two modules is chosen, in one place, and that users see which."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import glowray as gr
from glowray.native import chosen, compiled, portable
from glowray.native.interface import Loops
from tests.loops import BOTH, using, with_each

FUNCTIONS = [name for name, found in vars(Loops).items() if inspect.isfunction(found) and not name.startswith("_")]


def test_where_c_was_compiled_it_is_chosen() -> None:
    assert chosen.loops is compiled


@pytest.mark.process
def test_where_it_was_not_the_portable_loops_are() -> None:
    program = (
        "import sys; sys.modules['glowray.native.scanning'] = None\n"
        "import glowray as gr; flow = gr.Flow('no C', engine='inline')\n"
        "rows = flow.from_items(['b a', 'b']).flat_map(lambda line: line.split()).map(lambda word: (word, 1))\n"
        "print(rows.reduce_by_key(lambda a, b: a + b).sort().collect(), flow.stats.native)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[('a', 1), ('b', 2)] portable\n"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_take_the_same_arguments(name: str) -> None:
    """Functions in C have no signature here. The tests of their results cover their arguments."""
    wanted = [each for each in inspect.signature(getattr(Loops, name)).parameters if each != "self"]
    for loops in BOTH:
        found = getattr(loops, name)
        if not inspect.isbuiltin(found):
            assert list(inspect.signature(found).parameters) == wanted


@with_each
def test_stats_say_which_run(loops: Loops) -> None:
    flow = gr.Flow("which loops", engine="inline")
    with using(loops):
        assert flow.from_items([1]).collect() == [1]
    assert flow.stats.native == loops.name
    assert str(flow.stats).endswith(f", native: {loops.name}")


def test_only_the_chooser_imports_them() -> None:
    package = Path(portable.__file__).parents[1]
    importers = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if "native import compiled" in path.read_text() or "native import portable" in path.read_text()
    }
    assert importers == {"native/chosen.py", "native/compiled.py"}
