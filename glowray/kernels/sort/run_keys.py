"""The keys of a sorted run: a sample, or those at given places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glowray.kernels.sort.key_order import total
from glowray.kernels.sort.run_merge import KEY
from glowray.rows import Block

SAMPLED = 128
"""The number of keys that are sampled from a run."""


def sample_keys(run: Block, keyed: bool, count: int = SAMPLED) -> list[tuple[Any, float]]:
    """Return evenly spaced keys of a sorted run, each with the number of rows that it stands for."""
    size = min(count, len(run))
    places = [(2 * place + 1) * len(run) // (2 * size) for place in range(size)]
    return [(key, len(run) / size) for key in _keys_at(run, places, keyed)]


class RunKeys:
    """The keys of a sorted run as `total` orders them. Only the keys that are asked for are decoded."""

    def __init__(self, run: Block, keyed: bool, reverse: bool) -> None:
        self._run, self._keyed, self._reverse = run, keyed, reverse

    def __len__(self) -> int:
        return len(self._run)

    def at(self, places: Sequence[int]) -> list[Any]:
        """Return the keys at some places, in any order."""
        return [total(key, self._reverse) for key in _keys_at(self._run, places, self._keyed)]


def _keys_at(run: Block, places: Sequence[int], keyed: bool) -> list[Any]:
    keys = Block(chunk.select(KEY) for chunk in run.chunks) if keyed else run
    return keys.take(np.array(places, np.int64)).rows()
