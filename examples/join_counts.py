"""The words that two poems share, with both counts.

$ glowray examples join_counts
compare   1  1
eyes      1  1
from      1  1
grow      1  1
hath      1  1
heaven    1  1
more      2  3
that      1  2
when      1  1
"""

import re
from pathlib import Path

import glowray as gr

DATA = Path(__file__).with_name("data")
flow = gr.Flow("join of two counts")


def count(path: Path) -> gr.Dataset[tuple[str, int]]:
    """Return (word, count) for the words of four letters or more."""
    words = flow.read_text(path).flat_map(lambda line: re.findall(r"[a-z]{4,}", line.lower()))
    return words.map(lambda word: (word, 1)).reduce_by_key(lambda a, b: a + b)


def main() -> None:
    both = count(DATA / "sonnet018.txt").join(count(DATA / "sonnet130.txt"))
    for word, (left, right) in both.sort():
        print(f"{word:8}{left:3}{right:3}")


if __name__ == "__main__":
    main()
