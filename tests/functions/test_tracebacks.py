from __future__ import annotations

import traceback
from types import TracebackType
from typing import Any

import pytest

from glowray.boundary import user_frames
from glowray.functions.tracebacks import frames_of, rebuilt
from glowray.rows.objects import pickling


def failing(depth: int) -> Any:
    if depth:
        return failing(depth - 1)
    return {}["ä"] + (1 / 1)


def through_glowray(call: Any) -> Any:
    names: dict[str, Any] = {"call": call}
    exec(compile("def loop():\n    return call()\n", "<glowray loop>", "exec"), names)
    return names["loop"]()


def trace_of(call: Any) -> TracebackType:
    try:
        call()
    except Exception as error:
        assert error.__traceback__ is not None
        return error.__traceback__
    raise AssertionError("no failure")


def carried(trace: TracebackType) -> TracebackType | None:
    return rebuilt(pickling.loads(pickling.dumps(frames_of(trace))))


@pytest.mark.parametrize("depth", [0, 1, 5])
def test_a_rebuilt_traceback_reads_the_same_to_the_caret(depth: int) -> None:
    trace = trace_of(lambda: failing(depth))
    assert traceback.format_tb(carried(trace)) == traceback.format_tb(trace)
    assert "~~^^^^^" in traceback.format_tb(trace)[-1]


def test_names_and_files_are_kept() -> None:
    trace = trace_of(lambda: failing(0))
    step = carried(trace)
    assert step is not None and step.tb_next is not None and step.tb_next.tb_next is not None
    code = step.tb_next.tb_next.tb_frame.f_code
    assert (code.co_filename, code.co_name, code.co_qualname) == (__file__, "failing", "failing")
    assert step.tb_frame.f_globals["__name__"] == __name__


def test_a_deep_recursion() -> None:
    def forever() -> None:
        forever()

    trace = trace_of(forever)
    assert traceback.format_tb(carried(trace)) == traceback.format_tb(trace)


def test_frames_of_generated_loops_are_left_out() -> None:
    trace = trace_of(lambda: through_glowray(lambda: failing(1)))
    assert "<glowray loop>" in [step.filename for step in traceback.extract_tb(trace)]
    for kept in (user_frames(trace), carried(trace)):
        names = [step.name for step in traceback.extract_tb(kept)]
        assert names == ["trace_of", "<lambda>", "through_glowray", "<lambda>", "failing", "failing"]


def test_nothing_may_be_left() -> None:
    assert user_frames(None) is None
    assert rebuilt(()) is None
