"""Test that a file read by ranges gives its bytes, in few requests, whatever fails meanwhile."""

from __future__ import annotations

import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.io.filesystem.stores import ranged_input
from glowray.io.filesystem.stores.ranged_input import RangedInput

DATA = bytes(range(256)) * 40


class Server:
    """Serves ranges of DATA, and notes them. `faults` of its requests fail first."""

    def __init__(self, faults: int = 0, loses: int = 0) -> None:
        self.asked: list[tuple[int, int]] = []
        self.faults, self.loses = faults, loses

    def read_range(self, start: int, length: int) -> bytes:
        self.asked.append((start, length))
        if self.faults:
            self.faults -= 1
            raise OSError("busy")
        data = DATA[start : start + length]
        if self.loses:
            self.loses -= 1
            return data[:-1]
        return data

    def open(self) -> RangedInput:
        return RangedInput(self.read_range, len(DATA), "s3://b/a")


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranged_input, "WAITS", (0.0, 0.0))


OFFSETS = st.integers(0, len(DATA) + 10)
STEPS = st.lists(st.tuples(st.sampled_from(["read", "seek", "plan"]), OFFSETS), max_size=12)


@given(steps=STEPS, request_bytes=st.integers(1, 3000))
def test_reads_and_seeks_give_the_bytes_of_the_file(steps: list[tuple[str, int]], request_bytes: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranged_input, "REQUEST_BYTES", request_bytes)
        file, plain = Server().open(), io.BytesIO(DATA)
        for step, number in steps:
            if step == "read":
                assert file.read(number) == plain.read(number)
            elif step == "seek":
                assert file.seek(number) == plain.seek(number)
            else:
                file.will_read(file.tell(), number)
            assert file.tell() == plain.tell()
        assert file.seek(-5, os.SEEK_END) == len(DATA) - 5 and file.read() == DATA[-5:]


def test_requests_grow_while_a_file_is_read_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranged_input, "REQUEST_BYTES", 2000)
    server = Server()
    file = server.open()
    file.will_read()
    assert b"".join(iter(lambda: file.read(100), b"")) == DATA
    assert [length for _, length in server.asked] == [100, 400, 1600, 2000, 2000, 2000, 2000, 140]


def test_no_byte_is_read_far_beyond_a_piece() -> None:
    server = Server()
    file = server.open()
    file.will_read(1000, 3000)
    file.seek(1000)
    assert file.read(10) == DATA[1000:1010] and file.read(1990) == DATA[1010:3000]
    assert server.asked == [(1000, 2000)]


@pytest.mark.parametrize("fault", [{"faults": 2}, {"loses": 2}])
def test_a_fault_is_made_good(fault: dict[str, int]) -> None:
    server = Server(**fault)
    assert server.open().read() == DATA and len(server.asked) == 3


@pytest.mark.parametrize(("fault", "text"), [({"faults": 3}, "busy"), ({"loses": 3}, "10239 of 10240 bytes came")])
def test_a_fault_that_stays_is_an_error(fault: dict[str, int], text: str) -> None:
    with pytest.raises(OSError, match=f'"s3://b/a" could not be read in 3 attempts: {text}'):
        Server(**fault).open().read()
