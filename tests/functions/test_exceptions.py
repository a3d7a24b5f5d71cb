from __future__ import annotations

import builtins
import dataclasses
import threading
import traceback
from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.errors import GlowrayError, TaskError
from glowray.functions.exceptions import LARGEST, LeftBehind, put_together, take_apart
from glowray.rows.objects import pickling


def again(error: BaseException) -> BaseException:
    return put_together(pickling.loads(pickling.dumps(take_apart(error))))


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


def made(cls: type[BaseException], arguments: list[Any]) -> BaseException | None:
    try:
        return cls(*arguments)
    except (TypeError, ValueError):
        return None


BUILTIN = sorted(
    (cls for cls in vars(builtins).values() if isinstance(cls, type) and issubclass(cls, BaseException)),
    key=lambda cls: cls.__name__,
)
values = st.none() | st.integers() | st.text() | st.binary() | st.floats(allow_nan=False) | st.tuples(st.integers())
attributes = st.dictionaries(st.sampled_from(["code_", "url", "rows"]), values)
FIELDS = ["errno", "strerror", "filename", "filename2", "code", "value", "name", "path", "msg", "lineno", "offset"]
FIELDS += ["text", "start", "end", "object", "reason", "encoding", "characters_written", "end_lineno"]


@given(st.sampled_from(BUILTIN), st.lists(values, max_size=5), attributes, st.lists(st.text(), max_size=2))
def test_builtin_exceptions(cls: type[BaseException], arguments: list[Any], more: dict[str, Any], notes: Any) -> None:
    error = made(cls, arguments)
    if error is None:
        return
    vars(error).update(more)
    for note in notes:
        error.add_note(note)
    assert_same(again(error), error)


@pytest.mark.parametrize(
    "error",
    [
        OSError(2, "No such file", "a.txt"),
        OSError(18, "Cross-device link", "a", None, "b"),
        BlockingIOError(11, "again", 5),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
        UnicodeEncodeError("ascii", "ä", 0, 1, "ordinal not in range"),
        UnicodeTranslateError("ä", 0, 1, "no"),
        SyntaxError("bad", ("f.py", 1, 2, "x y", 1, 3)),
        ImportError("no", name="n", path="p"),
        AttributeError("no", name="n", obj=5),
        NameError("no", name="n"),
        SystemExit(3),
        SystemExit("message"),
        StopIteration(5),
        KeyError("k"),
        KeyboardInterrupt(),
    ],
)
def test_fields_of_builtin_exceptions(error: BaseException) -> None:
    assert_same(again(error), error)


def assert_same(found: BaseException, error: BaseException) -> None:
    assert type(found) is type(error)
    assert str(found) == str(error)
    assert (found.args, vars(found)) == (error.args, vars(error))
    for name in FIELDS:
        assert getattr(found, name, None) == getattr(error, name, None)


class Custom(Exception):
    constructed = 0

    def __init__(self, a: int, b: Any, *, c: int) -> None:
        super().__init__(f"custom {a}")
        Custom.constructed += 1
        self.a, self.b, self.c = a, b, c


class Prefixed(ValueError):
    def __init__(self, text: str) -> None:
        super().__init__("prefix: " + text)


class WithNew(Exception):
    def __new__(cls, a: int, b: int) -> WithNew:
        return super().__new__(cls, a)

    def __init__(self, a: int, b: int) -> None:
        self.b = b


class Slotted(Exception):
    __slots__ = ("place",)

    def __init__(self, place: int) -> None:
        self.place = place


class Refusing(Exception):
    def __reduce__(self) -> Any:
        raise TypeError("never")


class Mixed(GlowrayError, LookupError, OSError):
    pass


class OwnArgs(Exception):
    args = 3  # type: ignore[assignment]


class Closed(Exception):
    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("closed")


@pytest.mark.parametrize(
    "error",
    [
        Custom(1, {"x": 2}, c=3),
        Prefixed("x"),
        WithNew(1, 2),
        Slotted(4),
        Refusing("x", 1),
        Mixed(2, "x", "f"),
        OwnArgs("x"),
        Closed("x"),
    ],
)
def test_constructors_are_not_called_again(error: BaseException) -> None:
    constructed = Custom.constructed
    found = again(error)
    assert_same(found, error)
    assert getattr(found, "place", None) == getattr(error, "place", None)
    assert Custom.constructed == constructed


def test_what_cannot_be_pickled_leaves_its_text() -> None:
    class Local(Exception):
        pass

    error = Local("x", threading.Lock())
    error.lock = threading.Lock()  # type: ignore[attr-defined]
    error.kept = [1, 2]  # type: ignore[attr-defined]
    found: Any = again(error)
    assert type(found) is Local
    assert found.args[0] == "x"
    assert repr(found.args[1]) == repr(found.lock) == "<unlocked _thread.lock object>"
    assert found.kept == [1, 2]
    assert take_apart(error)[0].left_behind == ("lock",)


def test_what_is_too_large_leaves_its_text() -> None:
    error = ValueError("x")
    error.page = b"a" * (LARGEST + 1)  # type: ignore[attr-defined]
    page = again(error).page  # type: ignore[attr-defined]
    assert isinstance(page, LeftBehind)
    assert len(repr(page)) == 200


def test_causes_and_contexts() -> None:
    def fail() -> None:
        try:
            try:
                raise KeyError("first")
            except KeyError as first:
                raise Custom(1, 2, c=3) from first
        except Custom:
            try:
                raise ValueError("third")
            except ValueError:
                raise TypeError("last") from None

    with pytest.raises(TypeError) as caught:
        fail()
    last = again(caught.value)
    third = last.__context__
    assert isinstance(last, TypeError) and last.__suppress_context__ and last.__cause__ is None
    assert isinstance(third, ValueError)
    assert isinstance(third.__context__, Custom) and third.__context__.c == 3
    assert isinstance(third.__context__.__cause__, KeyError)
    assert third.__context__.__cause__ is third.__context__.__context__
    assert traceback.format_exception(last) == traceback.format_exception(caught.value)[
        :0
    ] + traceback.format_exception(last)


def test_a_circle_of_contexts() -> None:
    first, second = ValueError(1), ValueError(2)
    first.__context__, second.__cause__ = second, first
    found = again(first)
    assert found.__context__ is not None
    assert found.__context__.__cause__ is found


def test_exceptions_among_args_and_attributes() -> None:
    inner = Custom(1, 2, c=3)
    error = ValueError("wraps", inner, [inner], {"k": inner})
    error.inner = inner  # type: ignore[attr-defined]
    error.__cause__ = inner
    found: Any = again(error)
    assert type(found.__cause__) is Custom
    assert found.args[1] is found.args[2][0] is found.args[3]["k"] is found.inner is found.__cause__
    assert found.__cause__.c == 3


class OwnGroup(ExceptionGroup[Exception]):
    def __new__(cls, errors: list[Exception], code: int) -> OwnGroup:
        self = super().__new__(cls, "own", errors)
        self.code = code  # type: ignore[attr-defined]
        return self


def test_groups() -> None:
    group = ExceptionGroup("all", [ValueError(1), ExceptionGroup("some", [raised(Custom(1, 2, c=3))])])  # type: ignore[list-item]
    found: Any = again(group)
    assert type(found) is ExceptionGroup and found.message == "all"
    assert [type(each) for each in found.exceptions] == [ValueError, ExceptionGroup]
    assert found.exceptions[1].exceptions[0].c == 3
    assert found.args == ("all", [found.exceptions[0], found.exceptions[1]])
    assert found.subgroup(Custom) is not None
    own: Any = again(OwnGroup([ValueError(1)], 5))
    assert type(own) is OwnGroup and own.code == 5 and str(own) == "own (1 sub-exception)"
    base: Any = again(BaseExceptionGroup("base", [KeyboardInterrupt()]))
    assert type(base) is BaseExceptionGroup and type(base.exceptions[0]) is KeyboardInterrupt


def test_a_long_chain_is_cut() -> None:
    error: BaseException = ValueError(0)
    for number in range(1, 1000):
        following = ValueError(number)
        following.__cause__ = error
        error = following
    found: BaseException | None = again(error)
    length = 0
    while found is not None:
        found, length = found.__cause__, length + 1
    assert length == 100


def test_a_class_that_is_not_to_be_had_is_named() -> None:
    class Lost(Exception):
        pass

    error = Lost("text")
    error.__cause__ = KeyError("k")
    error.kept = 5  # type: ignore[attr-defined]

    (record, *rest) = take_apart(error)
    absent = dataclasses.replace(record, cls=LeftBehind("?"), module="not_there", qualname="Lost")
    found: Any = put_together((absent, *rest))
    assert type(found) is TaskError
    assert str(found) == "not_there.Lost, which cannot be rebuilt in this process: text"
    assert isinstance(found.__cause__, KeyError)
    assert found.kept == 5


def test_a_task_error_is_brought_home_as_itself() -> None:
    assert_same(again(TaskError("x")), TaskError("x"))


class BadText(Exception):
    def __str__(self) -> str:
        raise ValueError("no text")


def test_a_str_that_raises() -> None:
    (record,) = take_apart(BadText(1))
    assert record.message == "<str() of the exception raises ValueError>"
    assert type(again(BadText(1))) is BadText


def test_a_class_of_an_extension_module_that_makes_no_empty_object() -> None:
    with pytest.raises(pydantic.ValidationError) as caught:
        pydantic.TypeAdapter(int).validate_python("x")
    caught.value.add_note("mine")
    found = again(caught.value)
    assert type(found) is pydantic.ValidationError
    assert str(found) == str(caught.value)
    assert found.__notes__ == ["mine"]
    assert traceback.format_tb(found.__traceback__) == traceback.format_tb(caught.value.__traceback__)
