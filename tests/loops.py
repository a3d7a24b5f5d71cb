"""Both modules of loops: the compiled one in C, and the portable one that replaces it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from unittest import mock

import pytest

from glowray.native import chosen, compiled, portable
from glowray.native.interface import Loops

BOTH: list[Loops] = [compiled, portable]


def using(loops: Loops) -> AbstractContextManager[object]:
    """Return a context in which glowray uses these loops."""
    return mock.patch.object(chosen, "loops", loops)


with_each = pytest.mark.parametrize("loops", BOTH, ids=[loops.name for loops in BOTH])
