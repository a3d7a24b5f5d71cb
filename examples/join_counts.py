"""Join of two word counts: how often each of two poems has the words that both have.

    $ glowray examples join_counts
"""

import re
from pathlib import Path

import glowray as gr

SONNETS = Path(__file__).with_name("data") / "sonnets"
flow = gr.Flow("join of two counts")


def count(path: Path) -> gr.Dataset[tuple[str, int]]:
    """(word, how often) for the words of four letters and more."""
    words = flow.read_text(path).flat_map(lambda line: re.findall(r"[a-z]{4,}", line.lower()))
    return words.map(lambda word: (word, 1)).reduce_by_key(lambda a, b: a + b)


def main() -> None:
    both = count(SONNETS / "018.txt").join(count(SONNETS / "130.txt"))
    both.map(lambda word, left, right: {"word": word, "sonnet 18": left, "sonnet 130": right}).sort(
        key=lambda row: row["word"]
    ).show()


if __name__ == "__main__":
    main()
