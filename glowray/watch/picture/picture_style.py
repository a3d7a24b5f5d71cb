"""The colours of pictures, and the shortening of long names in them."""

from __future__ import annotations

from glowray.watch.picture.plan_graph import Kind

INK, PALE, PAPER = "#1f2937", "#6b7280", "#ffffff"
STAGE, STAGE_LINE = "#f5f6f8", "#d5d9e0"
EDGE, MOVE = "#9aa3af", "#c2410c"

_COLOURS: dict[Kind, tuple[str, str]] = {
    "source": ("#e3f4ea", "#7cc096"),
    "step": ("#ffffff", "#c3c9d2"),
    "wide": ("#fdeee3", "#eba577"),
    "output": ("#e6effc", "#86aee6"),
}


def colours(kind: Kind) -> tuple[str, str]:
    """Return (the fill colour, the line colour) of a node."""
    return _COLOURS[kind]


HOT = "#f97316"
"""The colour of a node that took all the time."""

WARM = 0.01
"""A node with a smaller share of the time keeps its own colour."""


def heated(fill: str, share: float) -> str:
    """Return the fill colour of a node that took a share of the time, from 0.0 to 1.0.

    >>> heated("#ffffff", 0.0), heated("#ffffff", 1.0)
    ('#ffffff', '#fb9d5c')
    """
    if share < WARM:
        return fill
    part = 0.1 + 0.6 * share
    pairs = zip(_channels(fill), _channels(HOT), strict=True)
    return "#" + "".join(f"{round(one + (other - one) * part):02x}" for one, other in pairs)


def _channels(colour: str) -> list[int]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def cut(text: str, most: int = 30) -> str:
    """Return text of at most `most` characters. A longer text loses its middle, as the end of a path says most.

    >>> cut("/data/logs/2024/03/17/part-00001.jsonl", 20)
    '/data/lo…00001.jsonl'
    """
    if len(text) <= most:
        return text
    head = (most - 1) * 2 // 5 + 1
    return f"{text[:head]}…{text[len(text) - (most - 1 - head) :]}"
