"""The boundary to the user's code: an error that crosses it has the user's frames, and none of glowray's.

Mark a public class with `@public` and a public function with `@user_facing`. A generator runs after the call that made
it, so it has `with only_user_frames():` inside. With GLOWRAY_DEBUG=1 in the environment, all frames stay.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
import sysconfig
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, TracebackType
from typing import Any, ParamSpec, TypeVar

from glowray.arguments import check_arguments

DEBUG = "GLOWRAY_DEBUG"
REBUILT = "__glowray_frame__"
"""A name in the code of frames rebuilt from a task's traceback. They are the user's, whatever their file."""

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_STANDARD = tuple(sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib"))
_SITE = tuple(os.sep + folder + os.sep for folder in ("site-packages", "dist-packages"))
_OURS = tuple(os.sep + package + os.sep for package in ("pyarrow", "numpy", "cloudpickle", "glowray_cli"))
_METHODS = frozenset({
    "__init__", "__iter__", "__getitem__", "__repr__", "__reduce__", "__arrow_c_stream__", "__call__",
})  # fmt: skip
_MARK = "__glowray_public__"

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)


def is_framework(code: CodeType) -> bool:
    """Return whether code belongs to glowray, to a loop that it generated, or to Ray."""
    filename = code.co_filename
    if filename.startswith((_PACKAGE, "<glowray")):
        return True
    ray = sys.modules.get("ray")
    ray_file = getattr(ray, "__file__", None)
    return ray_file is not None and filename.startswith(os.path.dirname(ray_file) + os.sep)


def is_own_file(filename: str) -> bool:
    """Return whether a file is one of glowray's, or the made-up file of code that glowray generated."""
    return filename.startswith((_PACKAGE, "<glowray "))


def wants_all_frames() -> bool:
    """Return whether the user asked to see all frames."""
    return os.environ.get(DEBUG, "") not in ("", "0")


def user_frames(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback with the user's frames only; None if none is left.

    It has no frames of glowray, of its generated loops and of Ray. It keeps a library's frames only if the user's code
    called the library.
    """
    result: TracebackType | None = None
    for step in reversed(list(visible(trace))):
        result = TracebackType(result, step.tb_frame, step.tb_lasti, step.tb_lineno)
    return result


def steps(trace: TracebackType | None) -> Iterator[TracebackType]:
    """Yield the entries of a traceback, outermost first."""
    while trace is not None:
        yield trace
        trace = trace.tb_next


def trim(error: BaseException) -> None:
    """Drop glowray's frames from an exception, and from every exception in its causes, contexts and groups."""
    if wants_all_frames():
        return
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        BaseException.with_traceback(each, user_frames(each.__traceback__))
        waiting += [each.__cause__, each.__context__]
        if isinstance(each, BaseExceptionGroup):
            waiting += each.exceptions


class only_user_frames:  # noqa: N801  (a context manager, used as a word)
    """Drops glowray's frames from an exception that passes through `with only_user_frames():`.

    The last frame is then the user's call. The with statement raises the exception again by itself, which adds no frame
    for the function that contains it.
    """

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None:
            trim(error)


def user_facing(function: Callable[P, R], checks: bool = True) -> Callable[P, R]:
    """Mark a function that users call. It then refuses arguments of wrong types, and its errors show no frames of
    glowray.

    A function that may run once a row checks its arguments itself, which is faster, and passes checks=False.
    """
    is_checked = checks and type(function) is FunctionType and is_own_file(function.__code__.co_filename)

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            if is_checked:
                check_arguments(function, args, kwargs)
            return function(*args, **kwargs)
        except BaseException as error:
            trim(error)
            raise  # adds no frame for this function

    setattr(call, _MARK, True)
    return call


def is_user_facing(function: object) -> bool:
    """Return whether errors leave a function without glowray's frames. A generator function does that itself."""
    return hasattr(function, _MARK) or inspect.isgeneratorfunction(function)


def public(cls: C) -> C:
    """Mark the public methods and properties of a class that users have, and those of its bases within glowray."""
    for base in cls.__mro__:
        if not base.__module__.startswith("glowray."):
            continue
        for name, member in list(vars(base).items()):
            if is_public_name(name) and (made := _marked(member)) is not None:
                setattr(base, name, made)
    return cls


def is_public_name(name: str) -> bool:
    """Return whether users call a method of this name, or Python and notebooks for them."""
    return not name.startswith("_") or name in _METHODS or name.startswith("_repr_")


def _marked(member: Any) -> Any:
    """Return a class's member with its functions marked, or None if there is nothing to mark."""
    if isinstance(member, property) and member.fget is not None and not is_user_facing(member.fget):
        return property(user_facing(member.fget), member.fset, member.fdel, member.__doc__)
    if isinstance(member, classmethod | staticmethod) and not is_user_facing(member.__func__):
        return type(member)(user_facing(member.__func__))
    if isinstance(member, FunctionType) and not is_user_facing(member):
        return user_facing(member)
    return None


def visible(trace: TracebackType | None) -> Iterator[TracebackType]:
    """Yield a traceback's entries that belong to the user, or to a library that the user's code called.

    A generated loop calls the user's function directly. In `map(json.loads)` the frames of json.loads are the user's.
    """
    is_ours = False
    for step in steps(trace):
        code = step.tb_frame.f_code
        if is_framework(code):
            is_ours = not code.co_filename.startswith("<glowray")
        elif REBUILT in code.co_names or not (is_ours and _is_library(code.co_filename)):
            is_ours = False
            yield step


def _is_library(filename: str) -> bool:
    """Return whether a file belongs to Python's library, or to a package that glowray calls."""
    if any(folder in filename for folder in _SITE):
        return any(package in filename for package in _OURS)
    return filename.startswith((*_STANDARD, "<frozen "))
