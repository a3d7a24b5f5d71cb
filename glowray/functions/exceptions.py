"""An exception taken apart into data and put together again in another process, whatever its class does.

Pickling calls an exception's constructor again, which fails or changes the exception when its parameters are not its
`args`. Here the new object is made by the built-in base class alone, and args, attributes, fields of the built-in
classes (`errno`, `start`, `code`, …), notes, cause, context, traceback and the exceptions of a group are set on it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import GetSetDescriptorType, MemberDescriptorType
from typing import Any

from glowray.errors import TaskError
from glowray.functions import ship
from glowray.functions.show import cut, shown
from glowray.functions.tracebacks import Frame, frames_of, rebuilt

LARGEST = 8 * 2**20
"""The most bytes that one attribute or row of a failure may bring along."""

_MOST_EXCEPTIONS = 100
_HEAP_TYPE = 1 << 9
_ARGS: Any = vars(BaseException)["args"]  # a class of the user's may have an args of its own
_ATOMS = (type(None), bool, int, float, complex, str, bytes)


@dataclass(frozen=True, slots=True)
class Link:
    """Stands for another exception of the same failure."""

    index: int


@dataclass(frozen=True, slots=True)
class Pickled:
    """A value as bytes, and as text in case that the bytes cannot be read in the driver."""

    data: bytes
    text: str


@dataclass(frozen=True, slots=True)
class Collection:
    """A list, tuple or dict (as its items) in which exceptions stand."""

    kind: type
    items: tuple[Any, ...]


class LeftBehind:
    """Stands in a rebuilt exception for a value that could not travel; its text is the value's repr."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class ExceptionRecord:
    """One exception of a failure; cause, context and members of a group are indices of other records."""

    cls: Pickled | LeftBehind
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
    frames: tuple[Frame, ...]
    whole: Any = None
    """The exception as it pickles itself: for classes of extension modules that make no empty object."""

    @property
    def type_name(self) -> str:
        """The class's name as Python shows it in a traceback."""
        return self.qualname if self.module in ("builtins", "__main__") else f"{self.module}.{self.qualname}"

    @property
    def left_behind(self) -> tuple[str, ...]:
        """The names of attributes that could not travel."""
        return tuple(name for name, value in (*self.attributes, *self.fields) if isinstance(value, LeftBehind))


def take_apart(error: BaseException) -> tuple[ExceptionRecord, ...]:
    """The records of an exception (the first) and of all exceptions that it refers to; never fails."""
    return _Apart(error).records()


def put_together(records: tuple[ExceptionRecord, ...]) -> BaseException:
    """The exception that such records are of: of its own class, or TaskError where that class cannot be had here."""
    return _Together(records).exception(0)


def pack(value: Any) -> Any:
    """A value as something that is sure to be pickled: itself if it is a number or text, else its bytes."""
    if type(value) in _ATOMS and not (isinstance(value, str | bytes) and len(value) > LARGEST):
        return value
    text = shown(value)
    try:
        data = ship.dumps_up_to(LARGEST, value)
    except Exception:  # any class may raise anything when it is pickled, and its text is what can be kept
        return LeftBehind(text)
    return LeftBehind(text) if data is None else Pickled(data, text)


def unpack(packed: Any) -> Any:
    """The value that `pack` took, or LeftBehind where it cannot be read in this process."""
    if not isinstance(packed, Pickled):
        return packed
    try:
        return ship.loads(packed.data)
    except Exception:  # a module or class that this process lacks: the text is what can be shown
        return LeftBehind(packed.text)


class _Apart:
    """Numbers the exceptions that an exception refers to while it takes them apart."""

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
        """The number of an exception in a group, which counts against no limit: a group needs all of its members."""
        if id(error) not in self.numbers:
            self.numbers[id(error)] = len(self.errors)
            self.errors.append(error)
        return self.numbers[id(error)]

    def pack(self, value: Any, depth: int = 0) -> Any:
        if isinstance(value, BaseException):
            number = self.number(value)
            return LeftBehind(shown(value)) if number is None else Link(number)
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
    """Makes every exception once, all of them before their parts are set, as they may refer to each other."""

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
        """The object of a record's class, as yet without its parts; a group's members are made before it."""
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
        if isinstance(packed, Link):
            return self.made[packed.index]
        if isinstance(packed, Collection):
            return packed.kind(self.unpack(item) for item in packed.items)
        return unpack(packed)


def _message(error: BaseException) -> str:
    try:
        return cut(str(error), 2000)
    except Exception as failed:  # the user's own __str__ must not hide the failure
        return f"<str() of the exception raises {type(failed).__name__}>"


def _fields(error: BaseException) -> Iterator[tuple[str, Any]]:
    """What an exception keeps outside of its __dict__: fields of built-in classes, and __slots__."""
    for cls in type(error).__mro__:
        for name, descriptor in vars(cls).items():
            if not isinstance(descriptor, MemberDescriptorType | GetSetDescriptorType) or name.startswith("__"):
                continue
            if name == "args" or (cls is BaseExceptionGroup and name in ("message", "exceptions")):
                continue
            value = getattr(error, name, None)
            # A field that is not set reads as None too, but is not to be set to it.
            if value is not None or (name in ("errno", "strerror") and _has_errno(error)):
                yield name, value


def _has_errno(error: BaseException) -> bool:
    """Whether an OSError took errno and strerror from its args, be they None: only its text tells."""
    several = len(_ARGS.__get__(error)) > 1
    return several and isinstance(error, OSError) and OSError.__str__(error).startswith("[Errno ")


def _set(error: BaseException, name: str, value: Any) -> None:
    try:
        BaseException.__setattr__(error, name, value)
    except (AttributeError, TypeError):  # a field that cannot be set, or not to the stand-in of what it was
        vars(error).setdefault(name, value)


def _new(record: ExceptionRecord, members: list[BaseException]) -> BaseException | None:
    """The exception of a record as yet without its parts; None if there is no way to make one."""
    if record.whole is not None:
        error = unpack(record.whole)
        return error if isinstance(error, BaseException) else None
    cls = _class(record)
    if cls is None:
        return None
    return _empty(cls, record.group[0], members) if record.group else _empty(cls)


def _empty(cls: type[BaseException], *arguments: Any) -> BaseException | None:
    """An object of the class, with no constructor of the user's called."""
    native: type = cls
    while native.__flags__ & _HEAP_TYPE and native.__base__ is not None:
        native = native.__base__
    try:
        error = native.__new__(cls, *arguments)
    except TypeError:  # a class of an extension module that its own code alone can make
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
