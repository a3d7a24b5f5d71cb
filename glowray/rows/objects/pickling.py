"""Pickle rows, functions and classes with cloudpickle. Modules that are not installed are pickled by value.

A script, a notebook, or a module file beside them exists only on the driver, so its definitions travel with the pickle.
All pickles use the class tracker of the `cloudpickle` package. A class that left this process therefore comes back as
the same class object, with its methods untouched.
"""

from __future__ import annotations

import functools
import io
import os
import pickle
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from types import CodeType, FunctionType, MemberDescriptorType, ModuleType
from typing import Any, NamedTuple, ParamSpec, TypeVar
from weakref import WeakSet

import cloudpickle
from cloudpickle import cloudpickle as _internals

from glowray.rows.objects.class_names import name_class
from glowray.rows.objects.function_pickling import FunctionReducer, travels_by_value
from glowray.rows.objects.static_attributes import module_name, stored_attribute

_OWN_PACKAGES = frozenset({"glowray", "glowray_cli"})
_INSTALLED_FOLDERS = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_STDLIB = tuple(
    path + os.sep for path in {os.path.realpath(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")}
)

_OF_THE_BODY = ("__class__", "__name__", "__bases__", "__base__", "__mro__")
"""Attributes that a class body defines for instances. Set on the finished class, they would change the class itself."""

P = ParamSpec("P")
R = TypeVar("R")

_seen_modules: set[str] = set()
_arrived_classes: WeakSet[type] = WeakSet()
_home_classes: WeakSet[type] = WeakSet()


def raises_exceptions(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function that runs the dunders of user classes raise an Exception whatever they raise.

    A BaseException of the user's own would pass every handler that says what could not be pickled. KeyboardInterrupt
    and SystemExit pass, as a signal may have raised them.
    """

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except (Exception, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            raise pickle.PicklingError(f"{type(error).__qualname__}: {BaseException.__str__(error)}") from error

    return call


@raises_exceptions
def dumps(value: object) -> bytes:
    """Pickle anything that cloudpickle can, so that `loads` works on a machine with only installed packages.

    >>> loads(dumps((1, "a", [None])))
    (1, 'a', [None])

    Raises whatever the value's own pickling raises (`TypeError` or `pickle.PicklingError` for most).
    """
    register_own_modules()
    with io.BytesIO() as file:
        ValuePickler(file, protocol=pickle.HIGHEST_PROTOCOL).dump(value)
        return file.getvalue()


@raises_exceptions
def loads(data: bytes | bytearray | memoryview) -> Any:
    """Unpickle what `dumps` wrote, in this process or another. Pass only bytes that the running job made."""
    return pickle.loads(data)


@raises_exceptions
def dumps_apart(value: object, apart: Callable[[Any], Any]) -> bytes:
    """Pickle as `dumps` does, but replace each object by `apart(object)` where that is not None."""
    register_own_modules()

    with io.BytesIO() as file:
        pickler = _PicklerApart(file, protocol=pickle.HIGHEST_PROTOCOL)
        pickler.apart = apart
        pickler.dump(value)
        return file.getvalue()


@raises_exceptions
def loads_apart(data: bytes | bytearray | memoryview, find: Callable[[Any], Any]) -> Any:
    """Unpickle what `dumps_apart` wrote. `find` returns the object for what `apart` returned."""

    class Unpickler(pickle.Unpickler):
        def persistent_load(self, name: Any) -> Any:
            return find(name)

    return Unpickler(io.BytesIO(data)).load()


class Beside:
    """A large immutable list, held encoded. It is sent beside the pickle of the value that holds it."""

    @property
    def nbytes(self) -> int:
        """Return the size of its rows in bytes."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError


def as_list(value: Any) -> Any:
    """Return a Beside as a plain list, for formats that know lists. Return any other value unchanged."""
    return list(value) if isinstance(value, Beside) else value


@raises_exceptions
def dumps_beside(value: object) -> tuple[bytes, tuple[Beside, ...]]:
    """Return (pickle, the Besides that it leaves out). `loads_beside` needs both."""
    register_own_modules()
    with io.BytesIO() as file:
        pickler = ValuePickler(file, protocol=pickle.HIGHEST_PROTOCOL)
        pickler.beside = []
        pickler.dump(value)
        return file.getvalue(), tuple(pickler.beside)


def dumps_up_to(largest: int, value: object) -> bytes | None:
    """Pickle as `dumps` does, or return None if the pickle has more than `largest` bytes.

    The size of a Beside is known before it is pickled, so a large one is not copied to measure it.

    >>> dumps_up_to(10, "a long text"), loads(dumps_up_to(100, "a text"))
    (None, 'a text')
    """
    data, beside = dumps_beside(value)
    if len(data) + sum(each.nbytes for each in beside) > largest:
        return None
    return dumps(value) if beside else data


@raises_exceptions
def loads_beside(data: bytes | bytearray | memoryview, beside: Sequence[Beside]) -> Any:
    """Unpickle what `dumps_beside` wrote."""
    if not beside:
        return pickle.loads(data)
    before = _loading.__dict__.get("beside")
    _loading.beside = beside
    try:
        return pickle.loads(data)
    finally:
        _loading.beside = before


_loading = threading.local()


def _beside(place: int) -> Beside:
    found: Beside = _loading.beside[place]
    return found


def register_own_modules() -> None:
    """Register modules that are not installed to be pickled by value. Checks modules imported since the last call."""
    if len(sys.modules) == len(_seen_modules) and next(reversed(sys.modules)) in _seen_modules:
        return
    for name in set(sys.modules) - _seen_modules:
        module = sys.modules.get(name)
        path = stored_attribute(module, "__file__")
        if type(path) is str and not is_installed(name, path):
            _internals._PICKLE_BY_VALUE_MODULES.add(name)
    _seen_modules.clear()
    _seen_modules.update(sys.modules)


def is_installed(name: str, path: str) -> bool:
    """Return whether module `name` from file `path` exists on every worker: stdlib, site-packages or glowray."""
    if name.partition(".")[0] in _OWN_PACKAGES:
        return True
    path = os.path.abspath(path)
    if any(folder in path for folder in _INSTALLED_FOLDERS):
        return True
    return os.path.realpath(path).startswith(_STDLIB)


class ValuePickler(cloudpickle.Pickler):  # type: ignore[misc]
    """cloudpickle's pickler, except that a class that comes home stays unchanged. cloudpickle would set its methods."""

    beside: list[Beside] | None = None

    def __init__(self, file: Any, protocol: int) -> None:
        super().__init__(file, protocol=protocol)
        self._functions = FunctionReducer()

    def reducer_override(self, obj: Any) -> Any:
        kind = type(obj)
        if self.beside is not None and issubclass(kind, Beside):
            self.beside.append(obj)
            return _beside, (len(self.beside) - 1,)
        if kind is cached_property:  # Before Python 3.12 it holds a lock, which cannot be pickled.
            return _cached_property, (obj.func, obj.attrname)
        if kind is CodeType:
            return _with_file(obj, *_internals._code_reduce(obj))
        if issubclass(kind, ModuleType):
            return self._functions.reduce_module(obj)
        if kind is FunctionType and travels_by_value(obj.__module__):
            return self._functions.reduce_function(obj, self._function_getnewargs(obj))
        if kind is not FunctionType and not issubclass(kind, type):
            return NotImplemented  # cloudpickle would read its __class__, which may run the user's code.
        if kind is not FunctionType and travels_by_value(module_name(obj)):
            name_class(obj)
            reduced = _internals._dynamic_class_reduce(obj)
        else:
            reduced = super().reducer_override(obj)
        if type(reduced) is tuple and len(reduced) == 6 and reduced[5] is _internals._class_setstate:
            if obj not in _arrived_classes:
                _home_classes.add(obj)
            return (*with_body(obj, reduced), _set_class_state)
        return reduced


class _PicklerApart(ValuePickler):
    """A ValuePickler that leaves out the objects for which `apart` returns a name."""

    apart: Callable[[Any], Any]

    def persistent_id(self, obj: Any) -> Any:
        return self.apart(obj)


def _with_file(code: CodeType, make: Any, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Put the file name back into reduced code. cloudpickle 3.1.3 and later drop it, but tracebacks need it."""
    return make, tuple(code.co_filename if each == "<dynamic-code>" else each for each in arguments)


def with_body(cls: type, reduced: tuple[Any, ...]) -> tuple[Any, ...]:
    """Move what only a class body can set into the body of a reduced class.

    cloudpickle leaves out `__slots__`, so instances would have a `__dict__`. It sets a proxy's `__class__` on the
    finished class, which would change the type of the class and not what instances show.
    """
    make, arguments, state, *rest, _ = reduced
    if make is not _internals._make_skeleton_class:
        return reduced[:5]
    metaclass, name, bases, body, *tracking = arguments
    attributes = {key: value for key, value in state[0].items() if type(value) is not MemberDescriptorType}
    body = {**body, **{name: attributes.pop(name) for name in _OF_THE_BODY if name in attributes}}
    if NamedTuple in bases:  # typing creates the class anew, with `__slots__` and `__class_getitem__`.
        attributes.pop("__class_getitem__", None)
    elif "__slots__" in cls.__dict__:
        body = {**body, "__slots__": cls.__dict__["__slots__"]}
    return make, (metaclass, name, bases, body, *tracking), (attributes, *state[1:]), *rest


def _cached_property(function: Any, name: str | None) -> cached_property[Any]:
    made = cached_property(function)
    made.attrname = name
    return made


def _set_class_state(cls: type, state: Any) -> type:
    if cls in _home_classes:
        return cls
    _arrived_classes.add(cls)
    return _internals._class_setstate(cls, state)  # type: ignore[no-any-return]
