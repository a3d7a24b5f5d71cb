"""A fragment as tasks receive it: pickled, with large captured values and broadcasts apart from it."""

from __future__ import annotations

import sys
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, cast

from glowray.functions import Failure
from glowray.kernels import Fragment, TaskReport, flow
from glowray.kernels.base.shared_values import Broadcast, own_value, shared_value
from glowray.kernels.ends.buckets import Stored
from glowray.kernels.ends.sources import Source
from glowray.rows import Block
from glowray.rows.keys import install_keys, registered_keys
from glowray.rows.objects.pickling import dumps, dumps_apart, loads, loads_apart
from glowray.rows.objects.static_attributes import class_attribute, module_name

BIG = 10 * 1024 * 1024
"""Larger captured values, in bytes, go to the store by themselves: once a job instead of once a stage."""

Losses = tuple[type[Exception], ...]

MANY_ITEMS = 50_000
"""Only a container of more items is pickled to find its size."""


class Value(Protocol):
    """A value that travels apart from the fragment that captured it."""

    @property
    def name(self) -> str: ...
    @property
    def shared(self) -> bool: ...
    def load(self) -> bytes:
        """Return the pickled value."""
        ...


class Program(Protocol):
    """The program of a task: a fragment, or the reading of a saved task."""

    def run(
        self, partition: int, inputs: Sequence[Sequence[Any]], offset: int = 0, memory: int | None = None
    ) -> tuple[TaskReport, Sequence[Stored] | None]:
        """Return the report and the objects of a task."""
        ...


@dataclass(eq=False)
class Apart:
    """In the driver: a large captured value, or a broadcast (`shared`: all tasks of a process have one object)."""

    name: str
    shared: bool
    value: Any
    pickled: bytes | None = None
    sent: dict[int, Any] = field(default_factory=dict)

    @property
    def data(self) -> bytes:
        if self.pickled is None:
            self.pickled = dumps(self.value)
        return self.pickled

    def load(self) -> bytes:
        return self.data


@dataclass(frozen=True, slots=True)
class Sent:
    """The same on a worker, fetched when the fragment needs it."""

    name: str
    shared: bool
    load: Callable[[], bytes]


@dataclass(eq=False)
class Payload:
    """A pickled fragment. An engine sends it to its store once and keeps the ref in `sent`."""

    data: bytes
    apart: dict[str, Apart] = field(default_factory=dict)
    sent: dict[int, Any] = field(default_factory=dict)
    fragment: Fragment | None = None


def pack(fragment: Program | _Parted, known: dict[int, Apart] | None = None) -> Payload:
    """Pickle a fragment with its captured values as they are now, and with the registered key classes.

    `known` has the values that other fragments of the job have set apart, by id, so that a shared value is sent once.
    """
    known = {} if known is None else known
    used: dict[str, Apart] = {}

    def apart(obj: Any) -> str | None:
        found = known.get(id(obj))
        if found is None:
            if type(obj) is Broadcast:
                found = Apart(obj.identity, True, own_value(obj.identity))
            elif is_big(obj):
                found = Apart(uuid.uuid4().hex, False, obj)
            else:
                return None
            known[id(obj)] = found
        used[found.name] = found
        return None if found.shared else found.name

    data = dumps_apart((fragment, registered_keys()), apart)
    return Payload(data, used, fragment=fragment if isinstance(fragment, Fragment) else None)


def pack_all(fragments: Sequence[Fragment], known: dict[int, Apart]) -> Iterator[Payload]:
    """Pack the fragments of a stage. Fragments that share their operators share one pickle of all but their source."""
    sharing = Counter(id(fragment.operators) for fragment in fragments)
    programs: dict[int, Payload] = {}
    for fragment in fragments:
        shared = id(fragment.operators)
        if sharing[shared] == 1:
            yield pack(fragment, known)
            continue
        if shared not in programs:
            programs[shared] = pack(replace(fragment, source=Source("", "")), known)
        program = programs[shared]
        whole = pack(_Parted(fragment.source, program.data), known)
        yield Payload(whole.data, {**program.apart, **whole.apart}, fragment=fragment)


@dataclass(frozen=True, slots=True)
class _Parted:
    """A fragment whose source is pickled apart from the rest."""

    source: Source
    program: bytes


def is_big(obj: Any) -> bool:
    """Return whether a captured value takes more than BIG bytes. For most values the type alone tells."""
    kind = type(obj)
    if kind is str or kind is bytes or kind is bytearray:
        return len(obj) > BIG
    if kind is tuple or kind is list or kind is dict or kind is set or kind is frozenset:
        return len(obj) > MANY_ITEMS and len(dumps(obj)) > BIG
    module = module_name(kind)
    if module.partition(".")[0] in ("numpy", "pyarrow") and class_attribute(kind, "nbytes") is not None:
        return int(obj.nbytes) > BIG
    return module.startswith("pandas.") and sys.getsizeof(obj) > BIG


def execute(
    payload: bytes,
    apart: Mapping[str, Value],
    partition: int,
    inputs: Sequence[Sequence[Any]],
    offset: int,
    memory: int | None = None,
    losses: Losses = (),
) -> tuple[TaskReport, Sequence[Stored] | None]:
    """Unpickle and run a fragment. Every task unpickles its own, so that changes by functions end with the task.

    `losses` are the errors by which the engine says that it has lost a value. They lose the task.
    """
    program, unread = _read(payload, apart, partition, losses)
    return (unread, None) if program is None else program.run(partition, inputs, offset, memory)


def execute_flowing(
    payload: bytes,
    apart: Mapping[str, Value],
    partition: int,
    inputs: Sequence[Sequence[Any]],
    offset: int,
    memory: int | None = None,
    losses: Losses = (),
) -> Iterator[tuple[TaskReport, Sequence[Stored]] | None]:
    """Run a fragment on rows that arrive meanwhile. Yield a result for each piece, None for one without rows."""
    fragment, unread = _read(payload, apart, partition, losses)
    assert fragment is None or isinstance(fragment, Fragment), "rows that arrive are never saved"
    return iter([(unread, [Block()])]) if fragment is None else flow(fragment, partition, inputs, offset, memory)


def _read(
    payload: bytes, apart: Mapping[str, Value], partition: int, losses: Losses
) -> tuple[Program | None, TaskReport]:
    """Return the program, or None and the report of a task that could not unpickle it."""
    report = TaskReport(partition)
    try:
        return unpack(payload, apart), report
    except losses:
        raise
    except Exception as error:  # any class may raise anything from its own __setstate__
        report.failure, report.unread = Failure.capture(error, verb="unpickle", partition=partition), True
        return None, report


def unpack(payload: bytes, apart: Mapping[str, Value]) -> Program:
    """Return the program that `pack` pickled. Register its broadcasts and key classes in this process."""
    for value in apart.values():
        if value.shared:
            shared_value(value.name, lambda value=value: loads(value.load()))  # type: ignore[misc]

    def find(name: str) -> Any:
        return loads(apart[name].load())

    fragment, keys = loads_apart(payload, find)
    if isinstance(fragment, _Parted):
        program, _ = loads_apart(fragment.program, find)
        fragment = replace(program, source=fragment.source)
    install_keys(keys)
    return cast(Program, fragment)
