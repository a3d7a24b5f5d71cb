"""Test the parts of `glowray send` and `glowray receive` that need no cluster."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from glowray.errors import GlowrayError
from glowray_cli.channel import _lines
from glowray_cli.main import app
from tests.cluster.machine import Machine


class Pieces(io.BytesIO):
    """A stream that gives at most `size` bytes a read, like a pipe."""

    def __init__(self, content: bytes, size: int) -> None:
        super().__init__(content)
        self.size = size

    def read1(self, size: int | None = -1, /) -> bytes:
        return self.read(self.size)


@pytest.mark.slow
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"))), st.booleans(), st.integers(1, 9))
def test_lines_are_those_of_the_input(lines: list[str], is_ended: bool, size: int) -> None:
    whole = "".join(f"{line}\n" for line in lines)
    rest = "" if is_ended else "rest"
    given_lines = [line for batch in _lines(Pieces((whole + rest).encode(), size)) for line in batch]
    assert given_lines == [*lines, *([] if is_ended else ["rest"])]


def test_a_line_may_end_as_on_windows() -> None:
    assert list(_lines(Pieces(b"a\r\nb\rc\r\n", 100))) == [["a", "b\rc"]]


def test_a_line_that_is_no_text_is_named() -> None:
    with pytest.raises(GlowrayError, match=r"line 2 is not UTF-8: b'\\xff'"):
        list(_lines(Pieces(b"fine\n\xff\n", 3)))


@pytest.mark.slow
@pytest.mark.parametrize("command", [["send"], ["send", ""], ["receive", " "], ["send", "x", "--file", "nowhere"]])
def test_wrong_use_ends_with_2(command: list[str]) -> None:
    assert CliRunner().invoke(app, command).exit_code == 2


@pytest.mark.parametrize("command", [["send", "x"], ["receive", "x"]])
def test_without_a_cluster(machine: Machine, command: list[str]) -> None:
    assert machine.run(*command, code=1).stderr.startswith("Error: no cluster is named, and none was started here\n")
