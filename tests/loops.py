"""With the loops that are compiled, and as it is where none could be."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from unittest import mock

import pytest

from glowray.native import loops as compiled_loops


def loops(compiled: bool) -> AbstractContextManager[object]:
    return nullcontext() if compiled else mock.patch.multiple(compiled_loops, **dict.fromkeys(compiled_loops.__all__))


with_and_without = pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "not-compiled"])
