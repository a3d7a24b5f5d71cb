"""Run a test with the compiled loops, and without them as on a machine without a compiler."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from unittest import mock

import pytest

from glowray.native import loops as compiled_loops


def loops(compiled: bool) -> AbstractContextManager[object]:
    return nullcontext() if compiled else mock.patch.multiple(compiled_loops, **dict.fromkeys(compiled_loops.__all__))


with_and_without = pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "not-compiled"])
