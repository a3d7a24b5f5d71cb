"""Inverted index: long words with their files and lines.

$ glowray examples invert_file
heaven   sonnet018:5 sonnet029:3 sonnet029:12 sonnet130:13
mistress sonnet130:1 sonnet130:8 sonnet130:12
summer   sonnet018:1 sonnet018:4 sonnet018:9
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import glowray as gr

SONNETS = Path(__file__).with_name("data") / "sonnet*.txt"


def places(path: str, content: bytes) -> Iterator[tuple[str, str]]:
    """Return (word, file:line) for each word of a line that has six letters or more."""
    for number, line in enumerate(content.decode().splitlines(), 1):
        for word in dict.fromkeys(re.findall(r"[a-z]{6,}", line.lower())):
            yield word, f"{Path(path).stem}:{number}"


def main(files: Path | str = SONNETS) -> None:
    index = gr.Flow("inverted index").read_binary(files).flat_map(places).group_by_key()
    for word, found in index.filter(lambda word, found: len(found) > 2).sort():
        print(f"{word:8}", *found)


if __name__ == "__main__":
    main(*sys.argv[1:])
