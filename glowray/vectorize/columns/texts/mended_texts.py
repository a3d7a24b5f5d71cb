"""Put texts that Python makes into the rows that a kernel cannot do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def mended(texts: pa.Array, bad: Any, spell: Callable[[int], str]) -> pa.Array:
    """Return texts with those that Python spells in the rows where `bad` is true."""
    rows = np.flatnonzero(bad)
    if not len(rows):
        return texts
    return pc.replace_with_mask(texts, pa.array(bad), pa.array(list(map(spell, rows.tolist())), pa.large_string()))
