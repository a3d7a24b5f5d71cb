from __future__ import annotations

import functools
import operator
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from glowray.boundary import only_user_frames
from glowray.functions import Cause, Failure, Function, spread
from glowray.rows.objects import pickling

Fails = Callable[..., BaseException]
FailureOf = Callable[..., Failure]


class BadRow(Exception):
    """An exception that cannot be pickled by its constructor, and holds a lock."""

    def __init__(self, row: Any, code: int) -> None:
        super().__init__("bad")
        self.row, self.code, self.lock = row, code, threading.Lock()


class Parser:
    def parse(self, row: Any) -> Any:
        raise BadRow(row, 7)


def parse(row: Any) -> Any:
    try:
        return int(row[1])
    except ValueError as error:
        raise BadRow(row, 7) from error


def halfway(row: Any) -> Iterator[int]:
    yield 1
    raise LookupError(row)


@pytest.mark.slow
def test_the_user_s_own_exception_comes_home(fails: Fails) -> None:
    error = fails(parse, ("a", "x"))
    assert type(error) is BadRow
    assert (error.args, error.row, error.code) == (("bad",), ("a", "x"), 7)
    assert type(error.__cause__) is ValueError
    line = parse.__code__.co_firstlineno
    assert error.__notes__ == [
        f"in map(parse), defined at {__file__}:{line}",
        "row: ('a', 'x')",
        "partition: 3",
        "attributes that cannot be pickled: lock",
        "replay() of this exception runs the function on the row again, here",
    ]


def text_of(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def text_of_a_call(call: Any, row: Any) -> str:
    """Return what this version of Python prints when the function is called with the row."""
    with pytest.raises(Exception) as raised:
        call(row)
    error = raised.value
    assert error.__traceback__ is not None
    return text_of(error.with_traceback(error.__traceback__.tb_next))


def test_the_whole_text(fails: Fails) -> None:
    text = text_of(fails(parse, ("a", "x")))
    assert text.startswith(text_of_a_call(parse, ("a", "x")))
    assert text.count("Traceback") == 2
    assert text.count(", in parse\n") == 2


@pytest.mark.parametrize(
    ("call", "row", "kind", "where"),
    [
        (lambda a, b: a / b, (1, 0), ZeroDivisionError, "λ a, b: a / b"),
        (Parser().parse, 5, BadRow, "Parser.parse"),
        (functools.partial(parse), ("a", "x"), BadRow, "parse"),
        (int, "x", ValueError, "int"),
        (operator.itemgetter(3), (1,), IndexError, "itemgetter(3)"),
        (spread(divmod), (1, 0), ZeroDivisionError, "divmod"),
        (lambda row: {}[row], 1, KeyError, "λ row: {{}}[row]"),
    ],
)
def test_every_kind_of_function(fails: Fails, call: Any, row: Any, kind: type, where: str) -> None:
    error = fails(call, row)
    assert type(error) is kind
    function = Function.of(call, "map")
    place = f", defined at {function.filename}:{function.lineno}" if function.filename else ""
    assert error.__notes__[0] == f"in map({where.format(line=function.lineno)}){place}"
    frames = traceback.extract_tb(error.__traceback__)
    assert {frame.filename for frame in frames} <= {__file__}


def test_a_generator_that_fails_halfway(fails: Fails) -> None:
    error = fails(halfway, "r", verb="flat_map", gives_items=True)
    assert type(error) is LookupError
    assert [frame.name for frame in traceback.extract_tb(error.__traceback__)] == ["halfway"]


def test_a_row_of_another_length(fails: Fails) -> None:
    error = fails(lambda a, b: a, (1, 2, 3))
    assert type(error) is TypeError
    assert "takes 2 parameters, but the row (1, 2, 3) has 3 fields" in str(error)
    assert error.__traceback__ is None


def test_stop_iteration_becomes_runtime_error(fails: Fails) -> None:
    def exhausted(row: Any) -> Any:
        return next(iter(row))

    error = fails(exhausted, [])
    assert type(error) is RuntimeError
    assert str(error) == "exhausted raised StopIteration"
    assert type(error.__cause__) is StopIteration
    assert [frame.name for frame in traceback.extract_tb(error.__traceback__)] == ["exhausted"]


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_exits_end_the_job_and_not_the_worker(fails: Fails, kind: type[BaseException]) -> None:
    def leave(row: Any) -> None:
        raise kind(row)

    for _ in range(2):  # twice: the worker must survive
        error = fails(leave, 3)
        assert type(error) is kind
        assert error.args == (3,)
    assert getattr(fails(lambda row: sys.exit(row), 4), "code", None) == 4


def test_classes_of_a_function(fails: Fails) -> None:
    class Local(Exception):
        pass

    def fail(row: Any) -> Any:
        raise Local(row)

    assert type(fails(fail, 1)) is Local


def test_classes_of_the_main_module(fails: Fails) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    source = "class InMain(Exception):\n    pass\ndef fail(row):\n    raise InMain(row)\n"
    exec(compile(source, "<stdin>", "exec"), names)
    error = fails(names["fail"], 1)
    assert type(error) is names["InMain"]
    assert error.__notes__[0] == "in map(fail), defined at <stdin>:3"


def test_groups(fails: Fails) -> None:
    def fail(row: Any) -> None:
        raise ExceptionGroup("several", [ValueError(row), BadRow(row, 1)])

    error: Any = fails(fail, 1)
    assert type(error) is ExceptionGroup
    assert [type(each) for each in error.exceptions] == [ValueError, BadRow]
    assert "several (2 sub-exceptions)" in text_of(error)


def test_notes_of_the_user_come_first(fails: Fails) -> None:
    def fail(row: Any) -> None:
        error = ValueError(row)
        error.add_note("mine")
        raise error

    assert fails(fail, 1).__notes__[0] == "mine"


def test_the_row_is_cut(fails: Fails) -> None:
    note = fails(lambda row: 1 / 0, "x" * 10_000).__notes__[1]
    assert len(note) == len("row: ") + 200
    assert note.startswith("row: 'xxx") and note.endswith("…")


class NoText:
    def __repr__(self) -> str:
        raise RuntimeError("no")


def test_a_row_without_a_repr(fails: Fails) -> None:
    assert fails(lambda row: 1 / 0, NoText()).__notes__[1] == "row: <NoText, whose repr raises RuntimeError>"


def test_the_step_by_name(failure_of: FailureOf) -> None:
    failure = failure_of(int, "x", name="parse age")
    assert failure.step == "parse age"
    assert failure.notes[0] == "in map(parse age)"
    assert failure_of(int, "x").step == "map"


def test_the_record_of_a_failure(failure_of: FailureOf) -> None:
    failure = failure_of(int, "x")
    assert failure.row == "x"
    assert failure.row_text == "'x'"
    assert failure.partition == 3
    assert failure.type_name == "ValueError"
    assert failure.message == "ValueError: invalid literal for int() with base 10: 'x'"


def test_no_row_and_no_function() -> None:
    failure = Failure.capture(ValueError("x"), verb="read_text", partition=0)
    assert failure.row is Failure.NO_ROW
    assert pickling.loads(pickling.dumps(failure)).row is Failure.NO_ROW
    assert failure.exception().__notes__ == ["in read_text()", "partition: 0"]


def test_each_exception_is_new(failure_of: FailureOf) -> None:
    failure = failure_of(parse, ("a", "x"))
    first, second = failure.exception(), failure.exception()
    assert first is not second
    assert text_of(first) == text_of(second)


def test_a_failure_within_a_failure(failure_of: FailureOf) -> None:
    inner = failure_of(int, "x").exception()

    def fail(row: Any) -> None:
        raise inner

    outer: Any = Failure.capture(inner, verb="map", cause=Cause.of_row(Function.of(len, "map"), [1])).exception()
    assert outer.__notes__[:3] == inner.__notes__[:3]
    assert outer.replay() == 1


def act(failure: Failure, action: str) -> None:
    """Call a stand-in for an action of glowray."""
    names: dict[str, Any] = {"failure": failure, "only_user_frames": only_user_frames}
    source = """
def inner():
    raise failure.exception()
def collect():
    with only_user_frames():
        inner()
def rows():
    with only_user_frames():
        yield 1
        inner()
"""
    exec(compile(source, "<glowray action>", "exec"), names)
    for _ in names[action]() or ():
        pass


@pytest.mark.parametrize("action", ["collect", "rows"])
def test_no_frame_of_glowray_is_left_after_an_action(failure_of: FailureOf, action: str) -> None:
    with pytest.raises(BadRow) as caught:
        act(failure_of(parse, ("a", "x")), action)
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert [frame.name for frame in frames][1:] == ["act", "parse"]
    assert {frame.filename for frame in frames} == {__file__}
