"""Test glowray in a real kernel: the output of cells, one live display, and the state after an interrupt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.watch.notebook.kernel import Kernel

pytestmark = pytest.mark.process

SETUP = """
import time
import glowray as gr
import glowray.watch.notebook.preview
glowray.watch.notebook.preview.SECONDS = 60.0  # this machine may be busy
flow = gr.Flow("job", engine="inline")
rows = flow.from_items([{"town": "<i>Oslo</i>", "people": 7}, {"town": None, "people": 12}], partitions=2)
def fail(row):
    raise ValueError("<b>no</b>")
"""


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    made = Kernel()
    try:
        assert not made.run(SETUP).failed
        yield made
    finally:
        made.stop()


def test_a_dataset_is_its_first_rows_above_its_plan(kernel: Kernel) -> None:
    (shown,) = kernel.run("rows").html
    before, _, after = shown.partition("<details")
    assert "&lt;i&gt;Oslo&lt;/i&gt;" in before and "<i>Oslo" not in shown
    assert "plan · 1 stage · 2 partitions · inline" in after


def test_showing_one_runs_no_function(kernel: Kernel) -> None:
    (shown,) = kernel.run("rows.map(fail).filter(fail).sort(fail)").html
    assert "not run yet; its source, from_items(2 rows):" in shown and "Oslo" in shown
    assert kernel.run("flow.stats.stages").of("execute_result")[0]["data"]["text/plain"] == "[]"


def test_show_is_a_table(kernel: Kernel) -> None:
    ran = kernel.run("rows.show(1)")
    assert ran.printed == "" and "<table>" in ran.html[0] and "… the first 1 row" in ran.html[0]
    assert "│ <i>Oslo</i> │" in ran.of("display_data")[0]["data"]["text/plain"]


def test_stats_explain_and_row_errors_are_html(kernel: Kernel) -> None:
    assert "<table>" in kernel.run("rows.count(); flow.stats").html[0]
    ran = kernel.run("text = rows.explain(); text")
    assert "<pre>" in ran.html[0]
    assert ran.of("execute_result")[0]["data"]["text/plain"].startswith("job\nplan\n")
    assert kernel.run("print(isinstance(text, str), text == str(text))").printed == "True True\n"
    collected = "bad = gr.Flow('bad', engine='inline', on_error='collect')\nbad.from_items([1]).map(fail).collect()\n"
    (shown,) = kernel.run(collected + "bad.errors").html
    assert "&lt;b&gt;no&lt;/b&gt;" in shown and "<b>no" not in shown


def test_an_error_shows_its_row_above_the_traceback(kernel: Kernel) -> None:
    ran = kernel.run("rows.map(fail).collect()")
    kinds = [kind for kind, _ in ran.messages if kind in ("display_data", "error")]
    assert ran.failed == "ValueError" and kinds == ["display_data", "error"]
    assert "&lt;b&gt;no&lt;/b&gt;" in ran.html[0] and "<dt>row</dt>" in ran.html[0]
    assert "in fail" in "".join(ran.of("error")[0]["traceback"]).replace("\x1b[36m", "").replace("\x1b[39m", "")


def test_other_errors_are_shown_as_ever(kernel: Kernel) -> None:
    ran = kernel.run("1 / 0")
    assert ran.failed == "ZeroDivisionError" and not ran.html


def test_a_running_action_has_one_display(kernel: Kernel) -> None:
    kernel.run("asked = gr.Flow('asked', engine='inline', progress=True)")
    ran = kernel.run(
        "def wait(n):\n"
        "    time.sleep(0.5)  # long enough for a display\n"
        "    return gr.Flow('inner', engine='inline', progress=True).from_range(3).map(abs).count() + n\n"
        "asked.from_range(3, partitions=3).map(wait).collect()"
    )
    (first,) = [html for html in ran.html if "asked" in html]
    assert "<details open>" in first and "0 of 1 stages" in first
    assert len({identity for identity, _ in ran.updates}) == 1
    last = ran.updates[-1][1]
    assert "<details>" in last and "1 of 1 stages" in last and "3 of 3 tasks" in last
    assert not any("inner" in html for html in ran.html)


def test_a_short_action_has_none(kernel: Kernel) -> None:
    assert not kernel.run("found = rows.map(lambda r: r['people']).collect()").of("display_data")


@pytest.mark.parametrize("engine", ["inline", pytest.param("ray", marks=[pytest.mark.ray, pytest.mark.slow])])
def test_an_interrupt_stops_the_job_and_leaves_nothing(kernel: Kernel, engine: str, tmp_path: Path) -> None:
    kernel.run(f"stopped = gr.Flow('stopped', engine={engine!r}, progress=True)")

    interrupts: list[str] = []

    def interrupt(kind: str, content: dict[str, Any]) -> None:
        if kind == "stream" and "in a task" in content["text"] and not interrupts:
            interrupts.append(kind)
            kernel.manager.interrupt_kernel()

    ran = kernel.run(
        "def block(n):\n"
        "    print('in a task', flush=True)\n"
        "    while True:\n"
        "        time.sleep(0.01)\n"
        f"stopped.from_range(2).map(block).write_text({str(tmp_path / 'out')!r})",
        interrupt,
    )
    assert ran.failed == "KeyboardInterrupt", ran.of("error", "stream")
    assert not (tmp_path / "out").exists(), "the output is whole or absent"
    check = "import threading; print([t.name for t in threading.enumerate() if t.name == 'glowray progress'])"
    assert kernel.run(check).printed == "[]\n"
    again = kernel.run("print(stopped.from_range(4).map(abs).collect())")
    assert again.printed == "[0, 1, 2, 3]\n" and not again.failed
