"""The number of positional arguments that a callable takes, read from its code. Nothing is called or imported."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType, FunctionType, MethodType
from typing import Any

from glowray.rows.objects.static_attributes import class_attribute, is_instance, stored_attribute

_VARARGS = 0x04
_COROUTINE, _ASYNC_GENERATOR = 0x80, 0x200
_LRU_CACHE = type(functools.lru_cache(len))


@dataclass(frozen=True, slots=True)
class Signature:
    """The parameters left to fill, without `self` and the arguments that a partial binds.

    The callable takes `required` to `most` positional arguments (None: any number). `keyword_only` lists the
    keyword-only parameters without a default.
    """

    required: int
    most: int | None
    keyword_only: tuple[str, ...] = ()

    def without(self, positional: int) -> Signature:
        """Return the signature that is left after the first `positional` arguments are bound."""
        most = None if self.most is None else max(self.most - positional, 0)
        return Signature(max(self.required - positional, 0), most, self.keyword_only)

    def __str__(self) -> str:
        if self.most is None:
            return f"at least {parameters(self.required)}"
        if self.most == self.required:
            return parameters(self.required)
        return f"{self.required} to {parameters(self.most)}"


def parameters(count: int) -> str:
    """Return the count with its noun.

    >>> parameters(0), parameters(1), parameters(2)
    ('no parameters', '1 parameter', '2 parameters')
    """
    return "1 parameter" if count == 1 else f"{count or 'no'} parameters"


def signature(call: Any) -> Signature | None:
    """Return the signature of a Python callable. Return None for C functions, ufuncs, and C constructors.

    >>> signature(lambda key, n, scale=1: None)
    Signature(required=2, most=3, keyword_only=())
    >>> signature(len) is None
    True
    """
    if is_instance(call, functools.partial):
        return _of_partial(call)
    if is_instance(call, type):
        return _of_class(call)
    function = python_function(call)
    if function is None:
        return None
    return _of_function(function) if function is call else _of_other(call)


def python_function(call: Any) -> FunctionType | None:
    """Return the Python function behind partials, methods, wrappers and `__call__`. Return None for C code.

    A wrapper counts if it passes on all its arguments (`*args`), as functools.cache and most decorators do.
    """
    for _ in range(32):  # A longer chain of wrappers is taken for a circle.
        inner = _inner(call)
        if inner is None:
            return call if type(call) is FunctionType else None
        call = inner
    return None


def is_async(call: Any) -> bool:
    """Return whether the callable is an `async def`, generator or not."""
    function = python_function(call)
    return function is not None and bool(function.__code__.co_flags & (_COROUTINE | _ASYNC_GENERATOR))


def _inner(call: Any) -> Any:
    if is_instance(call, functools.partial):
        return call.func
    if type(call) is MethodType:
        return call.__func__
    if type(call) is FunctionType:
        wrapped = stored_attribute(call, "__wrapped__")
        return wrapped if wrapped is not None and _passes_on(call.__code__) else None
    if _is_wrapper(call):
        return stored_attribute(call, "__wrapped__")
    if is_instance(call, type):
        return constructor(call)
    method = _method(type(call), "__call__")
    return method if type(method) is FunctionType else None


def _is_wrapper(call: Any) -> bool:
    """Return whether a callable is C code that passes all its arguments to a Python function."""
    return is_instance(call, _LRU_CACHE) or is_instance(call, staticmethod)


def _passes_on(code: CodeType) -> bool:
    return code.co_argcount == 0 and bool(code.co_flags & _VARARGS)


def constructor(cls: type) -> FunctionType | None:
    """Return the Python function that receives a class's arguments, or None if it is in C.

    It is the `__call__` of the metaclass, `__new__` or `__init__`. One without `*args` comes before one with `*args`.
    """
    call = _method(type(cls), "__call__")
    if type(call) is FunctionType and _of_function(call).without(1).most is not None:
        return call
    own = [each for each in (_method(cls, "__init__"), _method(cls, "__new__")) if type(each) is FunctionType]
    strict = [function for function in own if _of_function(function).most is not None]
    return next(iter([*strict, *own]), None)


def _method(cls: type, name: str) -> Any:
    found = class_attribute(cls, name)
    return found.__func__ if type(found) is staticmethod and name == "__new__" else found


def _of_other(call: Any) -> Signature | None:
    inner = _inner(call)
    found = signature(inner) if inner is not None else None
    if found is None or type(call) is FunctionType or _is_wrapper(call):
        return found
    return found.without(1)  # `self` is bound, in a method or an object with __call__.


def _of_class(cls: type) -> Signature | None:
    function = constructor(cls)
    if function is not None:
        return _of_function(function).without(1)
    bare = all(_method(cls, name) is _method(object, name) for name in ("__init__", "__new__"))
    return Signature(0, 0) if bare and type(cls) is type else None


def _of_function(function: FunctionType) -> Signature:
    code = function.__code__
    names = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    keyword_only = tuple(name for name in names if name not in (function.__kwdefaults__ or {}))
    required = code.co_argcount - len(function.__defaults__ or ())
    return Signature(required, None if code.co_flags & _VARARGS else code.co_argcount, keyword_only)


def _of_partial(call: functools.partial[Any]) -> Signature | None:
    inner = signature(call.func)
    if inner is None:
        return None
    left = inner.without(len(call.args))
    keyword_only = tuple(name for name in left.keyword_only if name not in call.keywords)
    names = _positional_names(call.func)[len(call.args) :]
    bound = next((i for i, name in enumerate(names) if name in call.keywords), None)
    if bound is None:
        return Signature(left.required, left.most, keyword_only)
    # In Python, parameters after one that is bound by keyword can be given by keyword only.
    after = tuple(name for name in names[bound : left.required] if name not in call.keywords)
    return Signature(min(left.required, bound), bound, (*after, *keyword_only))


def _positional_names(call: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of the positional parameters left to fill, "" for a positional-only parameter."""
    if is_instance(call, functools.partial):
        return _positional_names(call.func)[len(call.args) :]
    function = python_function(call)
    if function is None:
        return ()
    code = function.__code__
    only = code.co_posonlyargcount  # With `def f(a, /, **more)`, a keyword `a` goes to `more`.
    names = ("",) * only + code.co_varnames[only : code.co_argcount]
    taken = 0 if function is call or type(call) is FunctionType or _is_wrapper(call) else 1
    return names[taken:]
