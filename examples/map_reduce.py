"""Basic map-reduce: a one for each word, and their sum.

$ glowray examples map_reduce
460 words
"""

from pathlib import Path

import glowray as gr

SONNETS = Path(__file__).with_name("data") / "sonnet*.txt"


def main() -> None:
    total = (
        gr.Flow("map-reduce")
        .read_text(SONNETS)
        .flat_map(lambda line: line.split())
        .map(lambda word: 1)
        .reduce(lambda a, b: a + b)
    )
    print(total.first(), "words")


if __name__ == "__main__":
    main()
