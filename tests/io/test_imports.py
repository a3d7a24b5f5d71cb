"""Test that a job on text does not import Arrow, because the import takes longer than a small job."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
from glowray.io import Commit, TextSink
from glowray.io.memory import range_reader, source_reader
from glowray.io.text.reader import text_reader
commit = Commit(sys.argv[1], TextSink("gz"))
writer = commit.sink.open(commit.begin().path, 0)
writer.write(["a"])
commit.commit([writer.close()])
assert list(text_reader(sys.argv[1]).read(0)) == [["a"]]
print(sorted({name.partition(".")[0] for name in sys.modules} & {"pyarrow", "numpy", "pandas", "ray"}))
"""


@pytest.mark.slow
def test_text_needs_no_arrow(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "out")]
    ended = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


def test_every_name_is_where_it_is_said_to_be() -> None:
    import glowray.io

    assert all(getattr(glowray.io, name).__name__ == name for name in glowray.io.__all__)
