"""Digests of values and functions: SHA-256 over what a pickle of them holds, in a form that other processes repeat.

A task sees a function only as its pickle brings it, so the pickle decides what the task does. But the bytes of a plain
pickle differ between processes. Sets are ordered by hash seed, and equal objects may be one object or two. Classes have
random ids, and code has line numbers. So:

- Functions, classes and modules are numbered in the order in which they are met, and described one after the other.
  Functions that call each other need no recursion.
- Other values are pickled without a memo. Two equal lists count as much as one list that is there twice.
- Sets are sorted by the digests of their items.
- Functions and classes of a library count by their names and the library's version.
"""

from __future__ import annotations

import functools
import hashlib
import io
import sys
from collections.abc import Callable
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

from glowray.functions.fingerprints.cannot_tell import CannotTell
from glowray.functions.fingerprints.code_parts import code_parts, names_in, runs_any_code
from glowray.functions.fingerprints.libraries import version_of
from glowray.functions.fingerprints.own_modules import imported_modules
from glowray.functions.function import Function
from glowray.rows.objects.class_names import is_named, name_class, reduced_class
from glowray.rows.objects.function_pickling import FunctionReducer, travels_by_value
from glowray.rows.objects.module_parts import Skeleton
from glowray.rows.objects.pickling import ValuePickler, register_own_modules, with_body
from glowray.rows.objects.static_attributes import (
    class_attribute,
    class_attributes,
    class_name,
    instance_attributes,
    is_instance,
    module_attribute,
    module_name,
    stored_attribute,
)

Rewrite = Callable[[Any], Any]
"""Returns plain values that stand for an object of glowray, or None for an object that stands for itself."""

_PLAIN = frozenset({str, bytes, int, float, bool, complex, type(None), tuple, list, dict})
_SIMPLE = frozenset({str, bytes, int, float, bool, type(None)})
_CACHED: type = type(functools.lru_cache(len))
_MADE_ANEW = frozenset({"__file__", "__cached__", "__spec__", "__loader__", "__builtins__", "__doc__"})
_NOT_OF_CONTENT = frozenset({"__firstlineno__", "__static_attributes__"})


def digest(value: Any, rewrite: Rewrite = lambda value: None) -> str:
    """Return the digest of a value as 64 hexadecimal digits.

    >>> digest([1, "a"]) == digest([1, "a"]), digest(1) == digest(True)
    (True, False)
    >>> digest(lambda n: n + 1) == digest(lambda n: n + 2)
    False

    Raises:
        CannotTell: it cannot be pickled, or another process may have another value with this digest.
    """
    return _Digest(rewrite, names_classes=True).of(value)


def class_content(cls: type) -> str | None:
    """Return the digest of a class, None if it is not certain."""
    try:
        return _Digest(lambda value: None, names_classes=False).of(cls)
    except CannotTell:
        return None


class _Digest:
    """One digest. `names_classes`: a class by value must also get a name that other processes give it."""

    def __init__(self, rewrite: Rewrite, *, names_classes: bool) -> None:
        self.rewrite, self.names_classes = rewrite, names_classes
        self.functions = FunctionReducer()
        self.numbers: dict[int, int] = {}
        self.met: list[Any] = []
        self._sum = hashlib.sha256()

    def of(self, value: Any) -> str:
        register_own_modules()
        try:
            self._add(value)
            described = 0
            while described < len(self.met):
                self._add(self._described(self.met[described]))
                described += 1
        except (CannotTell, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a class of the user's may raise anything when it is pickled
            raise CannotTell(f"{type(error).__name__}: {BaseException.__str__(error)}") from error
        return self._sum.hexdigest()

    def number(self, value: Any) -> tuple[str, int]:
        """Return the number of a function, class or module. A new one is described later."""
        if id(value) not in self.numbers:
            self.numbers[id(value)] = len(self.met)
            self.met.append(value)
        return "number", self.numbers[id(value)]

    def set_items(self, items: Any) -> Any:
        """Return the items of a set in an order that does not depend on hashes."""
        if all(type(item) in _SIMPLE for item in items):
            return sorted(items, key=lambda item: (type(item).__name__, repr(item)))
        return sorted(_Digest(self.rewrite, names_classes=self.names_classes).of(item) for item in items)

    def _add(self, value: Any) -> None:
        with io.BytesIO() as file:
            self.pickler = _DigestPickler(file, self)
            self.pickler.dump(value)
            data = file.getvalue()
        self._sum.update(len(data).to_bytes(8, "little") + data)

    def _described(self, value: Any) -> Any:
        if type(value) is FunctionType:
            return self._function(value)
        if issubclass(type(value), type):
            return self._class(value)
        return self._module(value)

    def _function(self, function: FunctionType) -> Any:
        if not _is_by_value(function):  # a closure that a library has made
            cells = function.__closure__
            own = (function.__defaults__, function.__kwdefaults__, function.__dict__)
            parts = code_parts(function.__code__)  # several lambdas of a module may have one name
            return "closure", function.__module__, parts, version_of(function.__module__), cells, own
        free = runs_any_code(function.__code__)
        if free is not None:
            raise CannotTell(f"{function.__qualname__} uses {free}(), which may import any module")
        made = self.functions.reduce_function(function, self.pickler._function_getnewargs(function))
        attributes, slots, own, members = made[2]
        package = function.__globals__.get("__package__")
        imports = imported_modules(function.__code__, package if type(package) is str else "")
        parts = (code_parts(function.__code__), attributes, slots, own, members, imports)
        return "function", parts, [_loaded_values(name, names_in(function.__code__)) for name, _ in imports]

    def _class(self, cls: type) -> Any:
        _, arguments, (attributes, slots), *_ = with_body(cls, reduced_class(cls))
        if self.names_classes:
            name_class(cls)
            if not is_named(cls):
                raise CannotTell(f"the class {class_name(cls)} was pickled before, or there are two such classes")
        plain = {name: value for name, value in attributes.items() if name not in _NOT_OF_CONTENT}
        if "_abc_impl" in plain:
            plain["_abc_impl"] = frozenset(plain["_abc_impl"])
        *parts, _, _ = arguments  # the id, and nothing
        return "class", class_name(cls), parts, plain, slots

    def _module(self, module: ModuleType) -> Any:
        members = {name: value for name, value in vars(module).items() if name not in _MADE_ANEW}
        return "module", module_attribute(module, "__name__"), members


def _loaded_values(name: str, names: frozenset[str]) -> dict[str, Any]:
    """Return the values of a loaded user's module that a function may read, if it imports the module when it runs."""
    module = sys.modules.get(name)
    if type(module) is not ModuleType or not travels_by_value(name):
        return {}
    return {each: value for each, value in vars(module).items() if each in names}


class _DigestPickler(ValuePickler):
    """Pickles what stands for a value: see the module's docstring."""

    def __init__(self, file: Any, whole: _Digest) -> None:
        super().__init__(file, protocol=5)
        self.fast = True
        self.whole = whole

    def persistent_id(self, obj: Any) -> Any:
        kind = type(obj)
        if kind in _PLAIN:
            return None
        if kind is FunctionType:
            return self._function(obj)
        if issubclass(kind, type):
            return self.whole.number(obj) if travels_by_value(module_name(obj)) else _installed(obj)
        if issubclass(kind, ModuleType):
            return self._module(obj)
        if issubclass(kind, (set, frozenset)):
            extra = None if kind in (set, frozenset) else (kind, instance_attributes(obj))
            return "set", kind is frozenset, extra, self.whole.set_items(obj)
        return self._special(obj, kind)

    def reducer_override(self, obj: Any) -> Any:
        reduced = super().reducer_override(obj)
        if reduced is not NotImplemented or not _reduces_itself(type(obj)):
            return reduced
        reduced = obj.__reduce_ex__(5)
        if type(reduced) is str:  # pickled by its name alone
            own = stored_attribute(obj, "__module__")
            module = own if type(own) is str else module_name(type(obj))
            if travels_by_value(module):
                raise CannotTell(f"{reduced} is known by its name alone")
            return tuple, ((reduced, module, version_of(module)),)
        return reduced

    def _special(self, obj: Any, kind: type) -> Any:
        if kind is CodeType:
            return code_parts(obj)
        if kind is Skeleton:
            return "module in parts", obj.name
        if kind is Function:
            kept = (obj.verb, obj.name, obj.spread, obj.required, obj.of_row, obj.of_value, obj.gives_items)
            return "user's function", obj.call, kept
        if kind is _CACHED:
            return "cached", obj.__wrapped__, obj.cache_parameters(), instance_attributes(obj)
        if kind is BuiltinFunctionType and (obj.__self__ is None or type(obj.__self__) is ModuleType):
            return "builtin", obj.__module__, obj.__qualname__, version_of(obj.__module__ or "builtins")
        return self.whole.rewrite(obj)

    def _function(self, function: FunctionType) -> Any:
        if _is_by_value(function) or not _is_found(function):
            return self.whole.number(function)
        return "installed", function.__module__, function.__qualname__, version_of(function.__module__)

    def _module(self, module: ModuleType) -> Any:
        name = module_attribute(module, "__name__")
        if type(name) is str and not travels_by_value(name):
            return "installed module", name, version_of(name)
        return self.whole.number(module)


def _installed(cls: type) -> Any:
    return "installed", module_name(cls), class_name(cls), version_of(module_name(cls))


def _is_by_value(function: FunctionType) -> bool:
    """Return whether a function brings its code: no installed module has it. `exec` may give any module's name."""
    return travels_by_value(function.__module__) or function.__module__ not in sys.modules


def _is_found(function: FunctionType) -> bool:
    """Return whether a function of an installed module is the one that its name leads to."""
    first, *rest = function.__qualname__.split(".")
    found: Any = instance_attributes(sys.modules.get(function.__module__)).get(first)
    for name in rest:
        if not is_instance(found, type):
            return False
        found = class_attributes(found).get(name)
    return found is function


def _reduces_itself(kind: type) -> bool:
    """Return whether a class has its own way to be pickled, which may be just a name."""
    return (
        class_attribute(kind, "__reduce_ex__") is not object.__reduce_ex__
        or class_attribute(kind, "__reduce__") is not object.__reduce__
    )
