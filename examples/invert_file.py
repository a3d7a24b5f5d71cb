"""Inverted index: for each long word, the files of a folder and the lines where it stands.

$ glowray examples invert_file
heaven    018:5 029:3 029:12 130:13
mistress  130:1 130:8 130:12
summer    018:1 018:4 018:9
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import glowray as gr

SONNETS = Path(__file__).with_name("data") / "sonnets"


def places(path: str, content: bytes) -> Iterator[tuple[str, str]]:
    """(word, file:line) for each line's words of six letters and more."""
    for number, line in enumerate(content.decode().splitlines(), 1):
        for word in dict.fromkeys(re.findall(r"[a-z]{6,}", line.lower())):
            yield word, f"{Path(path).stem}:{number}"


def main(folder: Path | str = SONNETS) -> None:
    index = gr.Flow("inverted index").read_binary(folder).flat_map(places).group_by_key()
    for word, found in index.filter(lambda word, found: len(found) > 2).sort():
        print(f"{word:9}", *found)


if __name__ == "__main__":
    main(*sys.argv[1:])
