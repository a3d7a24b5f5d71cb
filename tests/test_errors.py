from __future__ import annotations

import pickle
from typing import Any

import pytest

from glowray import errors

CLASSES = [value for value in vars(errors).values() if isinstance(value, type) and value.__module__ == errors.__name__]


def test_all_have_one_base() -> None:
    assert errors.GlowrayError in CLASSES
    assert len(CLASSES) > 5
    assert all(issubclass(cls, errors.GlowrayError | Warning) for cls in CLASSES)


@pytest.mark.parametrize("cls", CLASSES)
def test_each_says_in_one_line_what_it_is(cls: Any) -> None:
    assert "\n" not in cls.__doc__ and cls.__doc__.endswith(".")


@pytest.mark.parametrize("cls", CLASSES)
def test_each_travels(cls: Any) -> None:
    again = pickle.loads(pickle.dumps(cls("what happened")))
    assert type(again) is cls and str(again) == "what happened"


def test_they_are_what_python_would_raise() -> None:
    assert issubclass(errors.KeyTypeError, TypeError)
    assert issubclass(errors.InexactColumn, TypeError)
    assert issubclass(errors.DamagedFile, ValueError)
