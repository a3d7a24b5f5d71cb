"""Test that a script runs up to its first action, and not the action."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from glowray.watch import first_action
from glowray.watch.script import NoAction, is_watched

Script = Callable[[str], Path]


@pytest.fixture
def script(tmp_path: Path) -> Script:
    def write(text: str) -> Path:
        path = tmp_path / "job.py"
        path.write_text(f"import glowray as gr\nflow = gr.Flow('job', engine='inline')\n{dedent(text)}")
        return path

    return write


FAIL = "def fail(row): raise AssertionError('the action ran')\nrows = flow.from_items([1, 2], partitions=2).map(fail)\n"
ACTIONS = {
    "collect": "rows.collect()",
    "count": "rows.count()",
    "first": "rows.first()",
    "a loop": "for row in rows: pass",
    "show": "rows.show()",
    "sum": "rows.sum()",
    "for_each": "rows.for_each(print)",
    "to_arrow": "rows.to_arrow()",
    "an arrow stream": "import pyarrow; pyarrow.table(rows)",
    "a write": "rows.write_text(__file__ + '.out')",
    "a run": "rows.output(print); flow.run()",
    "in a thread": "import threading; t = threading.Thread(target=rows.collect); t.start(); t.join()",
    "under except": "try: rows.collect()\nexcept Exception: pass\nraise AssertionError",
    "under a bare except": "try: rows.collect()\nexcept: pass\nraise ValueError",
}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_the_plan_of_an_action_that_does_not_run(action: str, script: Script, tmp_path: Path) -> None:
    plan = first_action(script(FAIL + ACTIONS[action]))
    assert "from_items(2 rows)\n  map(fail)" in plan.explain().replace("    ", "  ")
    assert (plan.plot() or "").startswith("digraph")
    assert not is_watched()
    assert [path.name for path in tmp_path.iterdir()] == ["job.py"]


def test_the_script_runs_as_main(script: Script, capsys: pytest.CaptureFixture[str]) -> None:
    path = script(
        """
        import sys, beside
        from pathlib import Path
        print(sys.argv[1:], Path(__file__).name, sys.modules["__main__"].flow is flow)
        if __name__ == "__main__":
            flow.from_range(int(sys.argv[1])).map(beside.double).collect()
        """
    )
    (path.parent / "beside.py").write_text("def double(n): return 2 * n")
    kept = sys.argv, sys.path, sys.modules["__main__"]
    try:
        assert "from_range(0, 7)\n  map(double)" in first_action(path, ["7"]).explain()
    finally:
        sys.modules.pop("beside", None)
    assert (sys.argv, sys.path, sys.modules["__main__"]) == kept
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "['7'] job.py True\n"


def test_two_outputs(script: Script) -> None:
    plan = first_action(script("rows = flow.from_range(3).output(print)\nrows.map(str).output(print)\nflow.run()"))
    assert "  output 1\n    from_range(0, 3)  [a]\n  output 2\n    [a]\n    map(str)\n" in plan.explain()


@pytest.mark.parametrize("end", ["", "raise SystemExit", "raise SystemExit(0)"])
def test_a_script_without_an_action(end: str, script: Script) -> None:
    with pytest.raises(NoAction, match=r"^job.py ended without an action"):
        first_action(script(f"flow.from_range(3).map(str)\n{end}"))


@pytest.mark.parametrize(("end", "error"), [("1 / 0", ZeroDivisionError), ("raise SystemExit(3)", SystemExit)])
def test_a_script_that_fails_before(end: str, error: type[BaseException], script: Script) -> None:
    with pytest.raises(error):
        first_action(script(f"{end}\nflow.from_range(3).collect()"))
    assert not is_watched()
