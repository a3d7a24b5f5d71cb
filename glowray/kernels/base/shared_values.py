"""Values that functions share with the driver: broadcasts, sent once a node, and counters, sent back."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any, Generic, TypeVar, cast

from glowray.arguments import check_arguments
from glowray.boundary import trim, user_facing
from glowray.functions.caller import full_site, user_site
from glowray.functions.captures import culprit, pickling_error, reading_error
from glowray.kernels.base.context import current_task

T = TypeVar("T")

# The values of broadcasts that this process has: the driver's own, or those of a worker's tasks.
_values: dict[str, Any] = {}


class Broadcast(Generic[T]):
    """A value that is sent to each node once, however many tasks read it; see `broadcast`."""

    def __init__(self, value: T) -> None:
        self.identity = uuid.uuid4().hex
        _values[self.identity] = value
        self._owner = True

    @property
    def value(self) -> T:
        """The value. It is shared by all tasks of a process: read it, do not change it."""
        return cast(T, _values[self.identity])

    def __getstate__(self) -> dict[str, Any]:
        return {"identity": self.identity, "_owner": False}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def __del__(self) -> None:
        if self._owner:
            _values.pop(self.identity, None)

    def __repr__(self) -> str:
        return f"gr.broadcast({type(self.value).__name__})"


@user_facing
def broadcast(value: T) -> Broadcast[T]:
    """Share a value with functions. It is sent once a node instead of once a task.

    >>> import glowray as gr
    >>> names = gr.broadcast({1: "one", 2: "two"})
    >>> gr.from_items([1, 2]).map(lambda n: names.value[n]).collect()
    ['one', 'two']

    Raises:
        TypeError: the value, or something in it, cannot be pickled and unpickled; it is named.
    """
    error = reading_error(value)
    if error is not None:
        raise _cannot_send(value, error) from error
    return Broadcast(value)


def _cannot_send(value: Any, error: Exception) -> TypeError:
    fault = reading_error if pickling_error(value) is None else pickling_error
    found = culprit(lambda: value, error, fault)  # a captured variable has the name that it is known by here
    what = f"a value that cannot be pickled: {error}" if found is None else f"{found}: {found.error}"
    own = found is not None and found.is_own
    fix = "" if own else "; make it inside the function that uses it, or once a partition in map_partitions()"
    return TypeError(f"broadcast() cannot send {what}{fix}, called at {full_site(*user_site())}")


def own_value(identity: str) -> Any:
    """Return the value of a broadcast that this process has."""
    return _values[identity]


def shared_value(identity: str, load: Callable[[], Any]) -> None:
    """Load the value of a broadcast, unless this process has it."""
    if identity not in _values:
        _values[identity] = load()


class CounterValue:
    """A counter of the job that runs; see `counter`."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def add(self, n: float = 1) -> None:
        """Add n, a number. Each task counts once, however often it was retried; outside a task nothing is counted.

        Raises:
            TypeError: n is no number.
        """
        try:
            if type(n) is not int:
                check_arguments(CounterValue.add, (self, n), {})
        except TypeError as error:  # not by a wrapper: this may run once a row
            trim(error)
            raise
        if (task := current_task()) is not None:
            task.counters[self.name] += cast(int, n)  # a float makes the sum one

    def __repr__(self) -> str:
        return f"gr.counter({self.name!r})"


@partial(user_facing, checks=False)
def counter(name: str) -> CounterValue:
    """Return a counter for use inside functions. `flow.counters[name]` is its sum after the action.

    >>> import glowray as gr
    >>> flow = gr.Flow("count")
    >>> _ = flow.from_range(5).map(lambda n: gr.counter("odd").add(n % 2)).count()
    >>> flow.counters["odd"], flow.counters["never"]
    (2, 0)
    """
    if type(name) is not str:
        check_arguments(counter, (name,), {})
    return CounterValue(name)
