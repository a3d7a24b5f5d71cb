"""A part file of a sink, as it is on disk."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from glowray.io.sink import Part, Sink
from glowray.rows import Block


def part_of(sink: Sink, *pieces: Any) -> tuple[bytes, Part]:
    """Write blocks and lists of rows to a part file. Return its bytes and its Part."""
    with tempfile.TemporaryDirectory() as folder:
        writer = sink.open(folder, 0)
        for piece in pieces:
            if isinstance(piece, Block):
                writer.write_block(piece)
            else:
                writer.write(piece)
        part = writer.close()
        return Path(part.path).read_bytes(), part
