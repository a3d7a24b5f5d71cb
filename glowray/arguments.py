"""The types of arguments. A public function refuses, at the call, a value that is not of the annotated type.

The annotation of a parameter says which values are accepted. Other types, such as a Dataset or a function, are left to
the verb, whose error can say more.
"""

from __future__ import annotations

import builtins
import os
import reprlib
import sys
import typing
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from inspect import Parameter, signature
from numbers import Real
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, SupportsIndex, Union, get_args, get_origin, get_type_hints

HIDDEN = "hidden"
"""In an annotation: errors do not show the value, which may hold a password."""

Bytes = Annotated[float, "a number of bytes"]
"""A number whose unit is the byte."""

Uri = Annotated[str, "a str", HIDDEN]
"""A URI that may hold a user's name and password."""

Options = Annotated[Mapping[str, Any], "a dict of str", HIDDEN]
"""Settings of a library by name, of which some may be secret."""

StorageOptions = Annotated[Mapping[str, Any] | None, "a dict", HIDDEN]
"""The options that open the store of a URL, by fsspec's names. They may be credentials."""

_NO_LISTS = (str, bytes, bytearray, Mapping)


@dataclass(frozen=True, slots=True)
class Kind:
    """The values that an annotation allows, and its name in an error: "a str". No error shows a hidden value."""

    name: str
    accepts: Callable[[Any], bool]
    is_hidden: bool = False


def check_arguments(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Raise TypeError for the first argument that is not of its annotated type.

    >>> def shout(text: str, times: int = 1) -> str: ...
    >>> check_arguments(shout, ("a",), {"times": "x"})
    Traceback (most recent call last):
    TypeError: shout(): times must be an int, got 'x'
    """
    positional, kinds = _parameters(function)
    for (name, kind), value in zip(positional, args):  # noqa: B905  (a call may lack arguments, or have too many)
        if kind is not None and not kind.accepts(value):
            raise _refused(function, name, kind, value)
    for name, value in kwargs.items():
        if name in kinds and not kinds[name].accepts(value):
            raise _refused(function, name, kinds[name], value)


def _refused(function: Callable[..., Any], name: str, kind: Kind, value: Any) -> TypeError:
    return TypeError(f"{_called(function)}(): {name} must be {kind.name}, got {_text(value, kind.is_hidden)}")


@cache
def _parameters(function: Callable[..., Any]) -> tuple[Sequence[tuple[str, Kind | None]], dict[str, Kind]]:
    """Return the positional parameters with their kinds, and the kinds of all parameters that have one."""
    names: list[str] = []
    hints: dict[str, Any] = {}
    scope = _Scope(vars(sys.modules[function.__module__]), vars(builtins))
    for name, parameter in signature(function).parameters.items():
        hint = parameter.annotation
        hint = eval(hint, {}, scope) if type(hint) is str else hint
        if parameter.kind is Parameter.VAR_KEYWORD and get_origin(hint) is typing.Unpack:
            hints |= get_type_hints(get_args(hint)[0], include_extras=True)
        elif parameter.kind not in (Parameter.VAR_KEYWORD, Parameter.VAR_POSITIONAL):
            hints[name] = hint
        if parameter.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD):
            names.append(name)
    kinds = {name: kind for name, hint in hints.items() if (kind := _kind(hint)) is not None}
    return [(name, kinds.get(name)) for name in names], kinds


class _Scope(ChainMap[str, Any]):
    """The names that an annotation may use. A name that only type checkers import is an unknown type."""

    def __missing__(self, key: str) -> Any:
        return _Unknown()


class _Unknown:
    """A type that is not imported. Any type made from it is unknown too."""

    def __or__(self, other: Any) -> _Unknown:
        return self

    __ror__ = __getattr__ = __getitem__ = __call__ = __or__


def _kind(hint: Any) -> Kind | None:
    """Return the kind of values that a type means, or None if the verb must check the value itself."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        members = [_kind(member) for member in get_args(hint)]
        known = [member for member in members if member is not None]
        return _either(known) if len(known) == len(members) else None
    if origin is Annotated:
        inner, name, *notes = get_args(hint)
        kind = _kind(inner)
        return kind and Kind(name, kind.accepts, HIDDEN in notes)
    if origin is Literal:
        return Kind(_listed([f'"{value}"' for value in get_args(hint)]), _SCALARS[str].accepts)
    if origin is Sequence:
        return _list_of(_kind(get_args(hint)[0]))
    if origin is Mapping:
        return _dict_of(*map(_kind, get_args(hint)))
    return _SCALARS.get(hint if origin is None else origin)


def _either(kinds: Sequence[Kind]) -> Kind:
    """Return the kind of the values of several kinds. The name leaves out None, which is mostly the default."""
    names = [kind.name for kind in kinds if kind is not _NONE]
    is_hidden = any(kind.is_hidden for kind in kinds)
    return Kind(_listed(names), lambda value: any(kind.accepts(value) for kind in kinds), is_hidden)


def _dict_of(keys: Kind | None, values: Kind | None) -> Kind:
    """Return the kind of dicts and other mappings. It checks the items of a dict only."""

    def accepts(value: Any) -> bool:
        if type(value) is not dict:
            return issubclass(type(value), Mapping)
        return all(each is None or each.accepts(item) for pair in value.items() for each, item in zip(sides, pair))  # noqa: B905

    sides = (keys, values)
    return Kind("a dict" if values is None else f"a dict of {_bare(values)}", accepts)


def _list_of(items: Kind | None) -> Kind:
    """Return the kind of lists, tuples and other iterables of a kind. It checks the items of a list or tuple only."""

    def accepts(value: Any) -> bool:
        if not issubclass(type(value), Iterable) or issubclass(type(value), _NO_LISTS):
            return False
        return items is None or type(value) not in (list, tuple) or all(map(items.accepts, value))

    return Kind("a list" if items is None else f"a list of {_bare(items)}", accepts)


def _bare(kind: Kind) -> str:
    """Return the name of a kind without its articles: "str or pathlib.Path"."""
    return kind.name.removeprefix("a ").replace(" a ", " ")


def _instance_of(*types: type) -> Callable[[Any], bool]:
    return lambda value: issubclass(type(value), types)


def _is_int(value: Any) -> bool:
    return issubclass(type(value), SupportsIndex) and type(value) is not bool


def _is_bool(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return type(value) is bool or (numpy is not None and type(value) is numpy.bool_)


_NONE = Kind("None", lambda value: value is None)
_SCALARS: dict[Any, Kind] = {
    None: _NONE,
    NoneType: _NONE,
    str: Kind("a str", _instance_of(str)),
    bool: Kind("True or False", _is_bool),
    int: Kind("an int", _is_int),
    float: Kind("a number", _instance_of(Real)),
    Path: Kind("a pathlib.Path", _instance_of(Path)),
    os.PathLike: Kind("a pathlib.Path", _instance_of(os.PathLike)),
}


def _listed(names: Sequence[str]) -> str:
    """Return the names as one phrase.

    >>> _listed(["a str", "a pathlib.Path", "a list"])
    'a str, a pathlib.Path or a list'
    """
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def _called(function: Callable[..., Any]) -> str:
    """Return the name that the user called: that of the class for a constructor."""
    name = function.__name__
    return function.__qualname__.split(".")[-2] if name == "__init__" else name


def _text(value: Any, is_hidden: bool) -> str:
    """Return repr(value) as a short line; the name of its class if the value is hidden or its repr raises."""
    if is_hidden:
        return f"a {type(value).__name__}"
    try:
        return " ".join(_short.repr(value).split())
    except Exception:  # the error in the making is about another problem than the user's repr
        return f"a {type(value).__name__}"


_short = reprlib.Repr()
_short.maxstring = _short.maxother = 60
