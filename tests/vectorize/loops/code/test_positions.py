"""Test that tracebacks of generated loops show the user's functions."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import pytest

from glowray.vectorize.loops.chain import row_loop
from tests.vectorize.running import blamed, step


def parse(text: str) -> Any:
    if not text:
        return 0
    number = int(
        text,
    )
    return number + (1 // (number - 5))


def numbers(text: str) -> Any:
    for part in text.split(","):  # noqa: UP028  (a loop that yields is what this is about)
        yield part
    yield next(iter(()))


def run(steps: Any, rows: list[Any]) -> tuple[Any, Any, Any]:
    made, _ = row_loop(steps)
    loop = made.function()
    with pytest.raises(Exception) as caught:
        loop(rows, lambda row: None)
    code = loop.__code__  # type: ignore[attr-defined]
    place = blamed(made, caught.value)
    return made.positions.retrace(caught.value, code), place, made


def frames(error: BaseException) -> list[tuple[str, str, str | None]]:
    return [(f.name, f.filename, f.line) for f in traceback.extract_tb(error.__traceback__)]


def test_the_line_of_a_def() -> None:
    error, blamed, _ = run([step("map", lambda x: x + ""), step("map", parse)], ["1", "5"])
    assert type(error) is ZeroDivisionError
    assert frames(error) == [("parse", __file__, "return number + (1 // (number - 5))")]
    assert blamed == (1, "5")
    error, _, _ = run([step("map", parse)], ["x"])
    assert frames(error)[0][0] == "parse"
    assert "int(" in (frames(error)[0][2] or "")


def test_the_columns_of_a_lambda() -> None:
    error, blamed, _ = run([step("map", lambda x: (x, 0)), step("map", lambda x, y: (y, x // y, y), 2)], [3])
    assert blamed == (1, (3, 0))
    [summary] = traceback.extract_tb(error.__traceback__)
    assert (summary.name, summary.filename) == ("<lambda>", __file__)
    line = Path(__file__).read_text().splitlines()[summary.lineno - 1]  # type: ignore[operator]
    assert line[summary.colno : summary.end_colno] == "x // y"


def test_frames_below_are_kept() -> None:
    error, _, _ = run([step("map", lambda x: [parse(x), 1])], ["5"])
    assert [name for name, _, _ in frames(error)] == ["<lambda>", "parse"]


def test_called_functions_keep_their_own_frames() -> None:
    call = eval("lambda x: x // 0")
    error, blamed, _ = run([step("filter", lambda x: x), step("map", call)], [0, 7])
    assert [name for name, _, _ in frames(error)] == ["<lambda>"]
    assert blamed == (1, 7)


def test_a_stop_iteration_of_an_inlined_generator() -> None:
    error, blamed, _ = run([step("flat_map", numbers)], ["a,b"])
    assert type(error) is RuntimeError
    assert error.args == ("generator raised StopIteration",)
    assert blamed == (0, "a,b")
