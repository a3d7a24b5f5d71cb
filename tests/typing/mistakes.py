"""Mistakes that type checkers must report: each line with `wrong` in its comment. This module never runs."""

from __future__ import annotations

import glowray as gr


def mistakes() -> None:
    lines = gr.Flow("typed").read_text("*.txt")
    numbers = gr.Flow("typed").from_range(3)

    lines.reduce_by_key(lambda a, b: a)  # wrong: rows are not pairs
    lines.keys()  # wrong: rows are not pairs
    numbers.to_dict()  # wrong: rows are not pairs
    numbers.map(str.upper)  # wrong: an int is not a str
    numbers.map(lambda a, b: a)  # wrong: an int does not have two fields
    lines.map(len, nam="length")  # wrong: no such option
    lines.join(numbers)  # wrong: neither side is keyed
