"""Test that pipe sends rows through Unix commands and back, in both directions at once."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import glowray as gr
from glowray.errors import PipeFailed
from glowray.kernels.partition.pipe import LineSplitter
from tests.engine.doubles import ForbiddenEngine

LINES = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=5), max_size=9)


@given(LINES, st.integers(1, 4))
def test_cat_gives_every_row_as_it_is(rows: list[str], partitions: int) -> None:
    assert gr.Flow(engine="inline").from_items(rows, partitions).pipe("cat").collect() == rows


@given(st.binary(max_size=40), st.lists(st.integers(0, 40), max_size=4))
def test_lines_are_the_same_however_they_come(data: bytes, cuts: list[int]) -> None:
    data = bytes(byte & 0x7F for byte in data)
    splitter = LineSplitter()
    bounds = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = (data[start:stop] for start, stop in pairwise(bounds))
    lines = [line for piece in pieces for line in splitter.feed(piece)]
    lines += splitter.end()
    expected = data.decode().replace("\r\n", "\n").split("\n")
    assert lines == (expected if expected[-1] else expected[:-1])


def test_once_a_partition_and_for_empty_ones_too(flow: gr.Flow) -> None:
    numbers = flow.from_source(lambda index: range(index), 3)
    assert numbers.pipe("wc -l | tr -d ' '").collect() == ["0", "1", "2"]


def test_a_list_is_run_without_a_shell(flow: gr.Flow) -> None:
    assert flow.from_items(["a"]).pipe(["printf", "%s|", "$HOME", "; ls"]).collect() == ["$HOME|; ls|"]


def test_rows_go_in_as_str(flow: gr.Flow) -> None:
    rows = [None, ("a", 1), b"x", 2.5, "two\nlines"]
    assert flow.from_items(rows, partitions=1).pipe("cat").collect() == [
        "None",
        "('a', 1)",
        "b'x'",
        "2.5",
        "two",
        "lines",
    ]


def test_more_than_the_pipes_hold_goes_both_ways(flow: gr.Flow) -> None:
    numbers = flow.from_source(lambda index: range(300_000), 1)
    assert numbers.pipe("cat").map(int).sum() == sum(range(300_000))
    noisy = "while read n; do echo $n; echo $n >&2; done"
    assert flow.from_source(lambda index: range(20_000), 1).pipe(noisy).count() == 20_000


def test_output_without_input(flow: gr.Flow) -> None:
    assert flow.from_items([], partitions=1).pipe("printf 'a\\r\\nb\\rc\\n\\nd'").collect() == ["a", "b\rc", "", "d"]
    assert flow.from_items([1]).pipe("yes | head -100000").count() == 100_000


def test_a_command_that_ends_early_is_fine(flow: gr.Flow) -> None:
    numbers = flow.from_source(lambda index: range(200_000), 1)
    assert numbers.pipe("head -1").collect() == ["0"]
    assert numbers.pipe("true").collect() == []


def test_rows_that_a_command_did_not_want_are_computed_all_the_same(flow: gr.Flow) -> None:
    with pytest.raises(ZeroDivisionError):
        flow.from_source(lambda index: range(200_000), 1).map(lambda n: n // (199_999 - n)).pipe("head -1").collect()


def test_a_failing_command_is_an_error_with_its_stderr(flow: gr.Flow) -> None:
    with pytest.raises(PipeFailed, match=r"'echo oh no >&2; exit 3' ended with exit code 3: oh no") as caught:
        flow.from_items([1]).pipe("echo oh no >&2; exit 3").collect()
    assert any("pipe" in note for note in caught.value.__notes__)
    with pytest.raises(PipeFailed, match="SIGKILL"):
        flow.from_items([1]).pipe("kill -9 $$").collect()
    with pytest.raises(PipeFailed, match="without a word on stderr"):
        flow.from_items([1]).pipe("false").collect()


def test_long_stderr_is_cut(flow: gr.Flow) -> None:
    with pytest.raises(PipeFailed, match="last word") as caught:
        flow.from_items([1]).pipe("yes | head -100000 >&2; echo last word >&2; exit 1").collect()
    assert len(str(caught.value)) < 3_000


def test_a_command_that_is_not_there(flow: gr.Flow) -> None:
    with pytest.raises(PipeFailed, match=r"cannot start .*no-such-command.*No such file"):
        flow.from_items([1]).pipe(["no-such-command", "-x"]).collect()
    with pytest.raises(PipeFailed, match=r"exit code 127: .*no-such-command"):
        flow.from_items([1]).pipe("no-such-command -x").collect()


def test_pipe_always_raises() -> None:
    with pytest.raises(PipeFailed):
        gr.Flow(engine="inline", on_error="skip").from_items([1]).pipe("false").collect()


def test_the_first_error_in_the_chain_counts(flow: gr.Flow) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        flow.from_source(lambda index: range(10), 1).map(lambda n: 1 // (5 - n)).pipe("exit 3").collect()
    assert any("row: 5" in note for note in caught.value.__notes__)


def test_text_that_is_not_utf8(flow: gr.Flow) -> None:
    with pytest.raises(UnicodeDecodeError) as caught:
        flow.from_items([1]).pipe("printf 'a\\n\\377\\n'").collect()
    assert any("iconv" in note for note in caught.value.__notes__)
    with pytest.raises(ValueError, match="half of a surrogate pair"):
        flow.from_items(["a", "\ud800"], partitions=1).pipe("cat").collect()


class Leash:
    """A named pipe that processes hold open as file descriptor 9. Its reader sees when the last of them has ended."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "leash"
        os.mkfifo(self.path)
        self.file = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        self.take = f"exec 9> {self.path}; "

    def all_ended(self) -> bool:
        ready, _, _ = select.select([self.file], [], [], 30)
        return bool(ready) and os.read(self.file, 1) == b""


@pytest.fixture
def leash(tmp_path: Path) -> Iterator[Leash]:
    made = Leash(tmp_path)
    yield made
    os.close(made.file)


def test_take_ends_the_command_and_all_it_started(flow: gr.Flow, leash: Leash) -> None:
    endless = leash.take + "(while :; do echo x; done) & (trap '' TERM; while :; do echo x; done) & wait"
    assert flow.from_items([1]).pipe(endless).take(3) == ["x"] * 3
    assert leash.all_ended()


def test_an_error_after_the_pipe_ends_the_command(flow: gr.Flow, leash: Leash) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        flow.from_items([1]).pipe(leash.take + "yes").map(int).collect()
    assert leash.all_ended()


def test_an_error_before_the_pipe_ends_the_command(flow: gr.Flow, leash: Leash) -> None:
    numbers = flow.from_source(lambda index: range(100_000), 1)
    with pytest.raises(ZeroDivisionError):
        numbers.map(lambda n: 1 // (99_999 - n)).pipe(leash.take + "cat >&2; sleep 1000").collect()
    assert leash.all_ended()


def test_one_that_does_not_want_to_end_is_killed(leash: Leash) -> None:
    stubborn = leash.take + "trap '' TERM; while :; do echo x; done"
    assert gr.Flow(engine="inline").from_items([1]).pipe(stubborn).take(1) == ["x"]
    assert leash.all_ended()


@pytest.mark.slow
def test_a_closed_iterator_ends_the_command(leash: Leash) -> None:
    lines = iter(gr.Flow(engine="inline").from_items([1]).pipe(leash.take + "seq 5; exec sleep 1"))
    assert next(lines) == "1"
    del lines
    assert leash.all_ended()


def test_commands_end_by_sigpipe_as_in_a_shell(flow: gr.Flow) -> None:
    # Python ignores SIGPIPE. A command that inherited this would fail with its own error instead of signal 13.
    script = "yes | head -1; exit $((PIPESTATUS[0] - 128 - 13))"
    assert flow.from_items([1]).pipe(["bash", "-c", script]).collect() == ["y"]


def test_wrong_use_is_found_at_the_call(forbidden: ForbiddenEngine) -> None:
    rows = gr.Flow(engine=forbidden).from_items(["a"])
    for wrong in (5, None, b"cat", ["cat", 5], [b"cat"]):
        with pytest.raises(TypeError, match="pipe"):
            rows.pipe(wrong)  # type: ignore[arg-type]
    for empty in ("", "  ", [], [""], "a\0b"):
        with pytest.raises(ValueError, match="needs a command"):
            rows.pipe(empty)
    assert "pipe(tr a b)" in rows.pipe(["tr", "a", "b"]).explain()


def test_paths_are_arguments_too(flow: gr.Flow, tmp_path: Path) -> None:
    (tmp_path / "words").write_text("be\n")
    assert flow.from_items(["be"]).pipe(["grep", "-f", tmp_path / "words"]).collect() == ["be"]


def test_no_files_are_left_open(flow: gr.Flow) -> None:
    if not os.path.isdir("/proc/self/fd"):
        return
    inline = gr.Flow(engine="inline").from_items(["a"], partitions=1)
    inline.pipe("cat").collect()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        inline.pipe("cat").collect()
        inline.pipe("yes").take(1)
        with pytest.raises(PipeFailed):
            inline.pipe("false").collect()
    assert len(os.listdir("/proc/self/fd")) == before
