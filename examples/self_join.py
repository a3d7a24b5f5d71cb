"""Pairs of a poem's lines that share a long word.

$ glowray examples self_join
┌──────────┬──────┬──────────┐
│ word     │ line │ and line │
├──────────┼──────┼──────────┤
│ summer   │    1 │        4 │
│ summer   │    1 │        9 │
│ summer   │    4 │        9 │
│ sometime │    5 │        7 │
│ eternal  │    9 │       12 │
└──────────┴──────┴──────────┘
"""

import re
from pathlib import Path

import glowray as gr

SONNET = Path(__file__).with_name("data") / "sonnet018.txt"


def words_of(line: str, index: int) -> list[tuple[str, int]]:
    """Return (word, line number) for the words of six letters or more."""
    return [(word, index + 1) for word in re.findall(r"[a-z]{6,}", line.lower())]


def main() -> None:
    places = gr.Flow("self join").read_text(SONNET).zip_with_index().flat_map(words_of)
    (
        places.join(places)
        .filter(lambda word, line, other: line < other)
        .map(lambda word, line, other: {"word": word, "line": line, "and line": other})
        .sort(key=lambda row: (row["line"], row["and line"]))
        .show()
    )


if __name__ == "__main__":
    main()
