"""Sorted words as ordered part files, all in place or none.

$ glowray examples save_to_file
460 rows, 2,438 bytes
_SUCCESS { … }
part-00000.txt a … height
part-00001.txt her … possess'd,
part-00002.txt possession … yet,
"""

import tempfile
from pathlib import Path

import glowray as gr

SONNETS = Path(__file__).with_name("data") / "sonnet*.txt"


def main() -> None:
    words = gr.Flow("save to files").read_text(SONNETS, partitions=3).flat_map(str.split).sort(key=str.lower)
    with tempfile.TemporaryDirectory() as folder:
        written = words.write_text(Path(folder) / "words")
        print(f"{written.rows} rows, {written.bytes:,} bytes")
        for path in sorted(Path(folder).glob("words/*")):
            lines = path.read_text().splitlines()
            print(path.name, f"{lines[0]} … {lines[-1]}" if lines else "")


if __name__ == "__main__":
    main()
