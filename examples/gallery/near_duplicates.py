"""Near-duplicate texts by MinHash: the help topics of Python itself, in which pages share most of their words.

$ python examples/gallery/near_duplicates.py
┌───────────┬────────┬───────┐
│ topic     │ other  │ alike │
├───────────┼────────┼───────┤
│ else      │ if     │   1.0 │
│ execmodel │ naming │  0.64 │
└───────────┴────────┴───────┘
2 pairs of 79 texts
"""

from collections.abc import Sequence
from itertools import combinations
from pydoc_data.topics import topics
from zlib import crc32

import glowray as gr
from glowray.dataset import Dataset

Text = tuple[str, str]

BANDS, ROWS = 20, 4
"""Texts are compared if one of 20 bands of 4 hashes is equal. With half of all shingles shared, 72 % are found."""

PRIME = (1 << 61) - 1
LEAST = 0.5


def shingles(text: str) -> set[int]:
    """Return the hashes of all runs of five words."""
    words = text.split()
    return {crc32(" ".join(words[start : start + 5]).encode()) for start in range(max(1, len(words) - 4))}


def bands(name: str, text: str) -> list[tuple[tuple[int, ...], Text]]:
    """Return the text under each of its bands. A hash is the least of all shingles, permuted in its own way."""
    found = shingles(text)
    hashes = [min((seed * 0x9E3779B97F4A7C15 + 1) * s % PRIME for s in found) for seed in range(1, BANDS * ROWS + 1)]
    return [((start, *hashes[start : start + ROWS]), (name, text)) for start in range(0, BANDS * ROWS, ROWS)]


def pairs(band: tuple[int, ...], texts: Sequence[Text]) -> list[tuple[Text, Text]]:
    """Return all pairs of texts that share a band."""
    return list(combinations(sorted(texts), 2))


def compared(left: Text, right: Text) -> dict[str, object]:
    """Return how alike two texts are: the shingles that they share, of all that they have."""
    a, b = shingles(left[1]), shingles(right[1])
    return {"topic": left[0], "other": right[0], "alike": round(len(a & b) / len(a | b), 2)}


def near_duplicates(texts: dict[str, str]) -> Dataset[dict[str, object]]:
    """Return a record for each pair of texts of which at least half is the same."""
    rows = gr.Flow("near duplicates").from_items(list(texts.items()), partitions=4)
    candidates = rows.flat_map(bands).group_by_key().flat_map(pairs).distinct()
    return candidates.map(compared).filter(lambda pair: pair["alike"] >= LEAST).sort("-alike", "topic", "other")


def main() -> None:
    long_enough = {name: text for name, text in topics.items() if len(text.split()) > 20}
    found = near_duplicates(long_enough)
    found.show(8)
    print(f"{found.count()} pairs of {len(long_enough)} texts")


if __name__ == "__main__":
    main()
