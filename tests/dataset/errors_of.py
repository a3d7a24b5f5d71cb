"""Catch the error of an action."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def error_of(run: Callable[[], Any]) -> BaseException:
    try:
        result = run()
    except BaseException as error:
        return error
    raise AssertionError(f"nothing was raised; the result is {result!r}")
