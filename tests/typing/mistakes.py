"""Mistakes that type checkers must report: each line with `wrong` in its comment. It is never run."""

from __future__ import annotations

import glowray as gr


def mistakes() -> None:
    lines = gr.Flow("typed").read_text("*.txt")
    numbers = gr.Flow("typed").from_range(3)

    lines.reduce_by_key(lambda a, b: a)  # wrong: rows are no pairs
    lines.keys()  # wrong: rows are no pairs
    numbers.to_dict()  # wrong: rows are no pairs
    numbers.map(str.upper)  # wrong: an int is no str
    numbers.map(lambda a, b: a)  # wrong: an int has no two fields
    lines.map(len, nam="length")  # wrong: no such option
    lines.join(numbers)  # wrong: neither is keyed
