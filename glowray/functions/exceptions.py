"""Take an exception apart into data, and put it together again in another process, whatever its class does.

Unpickling calls an exception's constructor with its `args`. That fails, or changes the exception, if the constructor's
parameters are not its `args`. This module creates the new object with the built-in base class alone. Then it sets args,
attributes, fields of built-in classes (`errno`, `start`, `code`, …), notes, cause, context, traceback, and the
exceptions of a group.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import GetSetDescriptorType, MemberDescriptorType
from typing import Any

from glowray.errors import TaskError
from glowray.functions.show import cut, shown
from glowray.functions.tracebacks import RecordedFrame, frames_of, rebuilt
from glowray.rows.objects import pickling

LARGEST = 8 * 2**20
"""The maximum size in bytes of one pickled attribute or row of a failure."""

_MOST_EXCEPTIONS = 100
_HEAP_TYPE = 1 << 9
_ARGS: Any = vars(BaseException)["args"]  # A user's class may override `args`.
_ATOMS = (type(None), bool, int, float, complex, str, bytes)


@dataclass(frozen=True, slots=True)
class ExceptionLink:
    """A reference to another exception of the same failure, by its record's index."""

    index: int


@dataclass(frozen=True, slots=True)
class PickledValue:
    """A pickled value, with its text for a driver that cannot unpickle it."""

    data: bytes
    text: str


@dataclass(frozen=True, slots=True)
class Collection:
    """A list, tuple or dict that holds exceptions. `items` holds a dict's (key, value) pairs."""

    kind: type
    items: tuple[Any, ...]


class LeftBehind:
    """Takes the place of a value that could not travel in a rebuilt exception. `text` is the value's repr."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class ExceptionRecord:
    """One exception of a failure. `cause`, `context` and the members of `group` are indices of other records."""

    cls: PickledValue | LeftBehind
    module: str
    qualname: str
    message: str
    args: Collection
    attributes: tuple[tuple[str, Any], ...]
    fields: tuple[tuple[str, Any], ...]
    group: tuple[str, tuple[int, ...]] | None
    cause: int | None
    context: int | None
    suppress_context: bool
    frames: tuple[RecordedFrame, ...]
    whole: Any = None
    """The pickled exception, if its class is from an extension module that creates no object without arguments."""

    @property
    def type_name(self) -> str:
        """Return the class's name as a traceback shows it."""
        return self.qualname if self.module in ("builtins", "__main__") else f"{self.module}.{self.qualname}"

    @property
    def left_behind(self) -> tuple[str, ...]:
        """Return the names of the attributes that could not travel."""
        return tuple(name for name, value in (*self.attributes, *self.fields) if isinstance(value, LeftBehind))


def take_apart(error: BaseException) -> tuple[ExceptionRecord, ...]:
    """Return the records of an exception (first) and of all exceptions that it refers to. Never raises."""
    return _Apart(error).records()


def put_together(records: tuple[ExceptionRecord, ...]) -> BaseException:
    """Return the exception of the first record, or a TaskError if its class cannot be imported or created here."""
    return _Together(records).exception(0)


def pack(value: Any) -> Any:
    """Return a form of a value that can surely be pickled: a number or text itself, else Pickled or LeftBehind."""
    if type(value) in _ATOMS and not (isinstance(value, str | bytes) and len(value) > LARGEST):
        return value
    text = shown(value)
    try:
        data = pickling.dumps_up_to(LARGEST, value)
    except Exception:  # A class may raise any exception when it is pickled. Its text can still travel.
        return LeftBehind(text)
    return LeftBehind(text) if data is None else PickledValue(data, text)


def unpack(packed: Any) -> Any:
    """Return the value that `pack` took, or a LeftBehind if it cannot be unpickled in this process."""
    if not isinstance(packed, PickledValue):
        return packed
    try:
        return pickling.loads(packed.data)
    except Exception:  # This process lacks a module or a class. The text can still be shown.
        return LeftBehind(packed.text)


class _Apart:
    """Takes exceptions apart, and numbers the exceptions that they refer to."""

    def __init__(self, error: BaseException) -> None:
        self.errors = [error]
        self.numbers = {id(error): 0}

    def records(self) -> tuple[ExceptionRecord, ...]:
        found: list[ExceptionRecord] = []
        while len(found) < len(self.errors):
            found.append(self.record(self.errors[len(found)]))
        return tuple(found)

    def number(self, error: BaseException | None) -> int | None:
        if error is None:
            return None
        if id(error) not in self.numbers:
            if len(self.errors) >= _MOST_EXCEPTIONS:
                return None
            self.numbers[id(error)] = len(self.errors)
            self.errors.append(error)
        return self.numbers[id(error)]

    def record(self, error: BaseException) -> ExceptionRecord:
        cls = type(error)
        group: tuple[str, tuple[int, ...]] | None = None
        if isinstance(error, BaseExceptionGroup):
            group = (error.message, tuple(self.member(each) for each in error.exceptions))
        return ExceptionRecord(
            cls=pack(cls),
            module=cls.__module__,
            qualname=cls.__qualname__,
            message=_message(error),
            args=Collection(tuple, tuple(self.pack(each, 1) for each in _ARGS.__get__(error))),
            attributes=tuple((name, self.pack(value)) for name, value in vars(error).items()),
            fields=tuple((name, self.pack(value)) for name, value in _fields(error)),
            group=group,
            cause=self.number(error.__cause__),
            context=self.number(error.__context__),
            suppress_context=error.__suppress_context__,
            frames=frames_of(error.__traceback__),
            whole=None if group or _empty(cls) else pack(error),
        )

    def member(self, error: BaseException) -> int:
        """Return the number of an exception in a group. No limit applies: a group needs all its members."""
        if id(error) not in self.numbers:
            self.numbers[id(error)] = len(self.errors)
            self.errors.append(error)
        return self.numbers[id(error)]

    def pack(self, value: Any, depth: int = 0) -> Any:
        if isinstance(value, BaseException):
            number = self.number(value)
            return LeftBehind(shown(value)) if number is None else ExceptionLink(number)
        if depth < 4 and _holds_exception(value):
            items = tuple(value.items()) if type(value) is dict else tuple(value)
            return Collection(type(value), tuple(self.pack(item, depth + 1) for item in items))
        return pack(value)


def _holds_exception(value: Any, depth: int = 0) -> bool:
    if isinstance(value, BaseException):
        return True
    if depth > 3 or type(value) not in (list, tuple, dict) or len(value) > _MOST_EXCEPTIONS:
        return False
    items = value.values() if type(value) is dict else value
    return any(_holds_exception(item, depth + 1) for item in items)


class _Together:
    """Creates all exceptions first and then sets their parts, because they may refer to each other."""

    def __init__(self, records: tuple[ExceptionRecord, ...]) -> None:
        self.records = records
        self.made: dict[int, BaseException] = {}

    def exception(self, index: int) -> BaseException:
        for number in range(len(self.records)):
            self.make(number)
        for number, record in enumerate(self.records):
            self.fill(self.made[number], record)
        return self.made[index]

    def make(self, number: int) -> BaseException:
        """Return the exception object of a record, without its parts. A group's members are created before it."""
        if number not in self.made:
            record = self.records[number]
            members = [self.make(each) for each in record.group[1]] if record.group else []
            error = _new(record, members)
            self.made[number] = error if error is not None else _task_error(record)
        return self.made[number]

    def fill(self, error: BaseException, record: ExceptionRecord) -> None:
        if record.whole is None and (type(error) is not TaskError or record.qualname == "TaskError"):
            _ARGS.__set__(error, self.unpack(record.args))
            for name, value in record.fields:
                _set(error, name, self.unpack(value))
        vars(error).update((name, self.unpack(value)) for name, value in record.attributes)
        _set(error, "__cause__", None if record.cause is None else self.made[record.cause])
        _set(error, "__context__", None if record.context is None else self.made[record.context])
        _set(error, "__suppress_context__", record.suppress_context)
        error.with_traceback(rebuilt(record.frames))

    def unpack(self, packed: Any) -> Any:
        if isinstance(packed, ExceptionLink):
            return self.made[packed.index]
        if isinstance(packed, Collection):
            return packed.kind(self.unpack(item) for item in packed.items)
        return unpack(packed)


def _message(error: BaseException) -> str:
    try:
        return cut(str(error), 2000)
    except Exception as failed:  # An error in the user's __str__ must not hide the failure.
        return f"<str() of the exception raises {type(failed).__name__}>"


def _fields(error: BaseException) -> Iterator[tuple[str, Any]]:
    """Yield (name, value) of the attributes outside an exception's `__dict__`: slots, and built-in fields."""
    for cls in type(error).__mro__:
        for name, descriptor in vars(cls).items():
            if not isinstance(descriptor, MemberDescriptorType | GetSetDescriptorType) or name.startswith("__"):
                continue
            if name == "args" or (cls is BaseExceptionGroup and name in ("message", "exceptions")):
                continue
            value = getattr(error, name, None)
            # An unset field reads as None too, but must stay unset.
            if value is not None or (name in ("errno", "strerror") and _has_errno(error)):
                yield name, value


def _has_errno(error: BaseException) -> bool:
    """Return whether an OSError took errno and strerror from its args, even if they are None. Only its text tells."""
    several = len(_ARGS.__get__(error)) > 1
    return several and isinstance(error, OSError) and OSError.__str__(error).startswith("[Errno ")


def _set(error: BaseException, name: str, value: Any) -> None:
    try:
        BaseException.__setattr__(error, name, value)
    except (AttributeError, TypeError):  # The field cannot be set, or does not take a LeftBehind.
        vars(error).setdefault(name, value)


def _new(record: ExceptionRecord, members: list[BaseException]) -> BaseException | None:
    """Return the exception of a record without its parts, or None if it cannot be created."""
    if record.whole is not None:
        error = unpack(record.whole)
        return error if isinstance(error, BaseException) else None
    cls = _class(record)
    if cls is None:
        return None
    return _empty(cls, record.group[0], members) if record.group else _empty(cls)


def _empty(cls: type[BaseException], *arguments: Any) -> BaseException | None:
    """Return an object of the class without calling the user's constructors, or None if that is not possible."""
    native: type = cls
    while native.__flags__ & _HEAP_TYPE and native.__base__ is not None:
        native = native.__base__
    try:
        error = native.__new__(cls, *arguments)
    except TypeError:  # Only the extension module's own code can create an object of this class.
        return None
    return error if isinstance(error, cls) else None


def _class(record: ExceptionRecord) -> type[BaseException] | None:
    found = unpack(record.cls)
    if isinstance(found, LeftBehind):
        found = sys.modules.get(record.module)
        for name in record.qualname.split("."):
            found = getattr(found, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def _task_error(record: ExceptionRecord) -> TaskError:
    return TaskError(f"{record.type_name}, which cannot be rebuilt in this process: {record.message}")
