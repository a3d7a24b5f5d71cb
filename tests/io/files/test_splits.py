"""Test the positions at which files are cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from glowray.io.files.paths import File
from glowray.io.files.splits import MANY, Piece, plan_splits, weight_of
from glowray.io.filesystem.location import Location

FILES = st.lists(st.tuples(st.integers(0, 200), st.sampled_from(["txt", "gz"])), max_size=8).map(
    lambda files: [File(Location(f"/{n}.{suffix}"), "", size) for n, (size, suffix) in enumerate(files)]
)


@given(files=FILES, partitions=st.none() | st.integers(1, 9), split_bytes=st.integers(1, 50))
def test_every_byte_is_in_one_piece_in_order(files: list[File], partitions: int | None, split_bytes: int) -> None:
    planned = plan_splits(files, partitions, split_bytes=split_bytes)
    pieces = [piece for pieces in planned for piece in pieces]
    for file in files:
        own = [piece for piece in pieces if piece.location == file.location]
        starts, stops = [piece.start for piece in own], [piece.stop for piece in own]
        assert starts[0] == 0 and stops[-1] is None
        assert starts[1:] == stops[:-1]
        assert file.location.path.endswith("txt") or own == [Piece(file.location)]
    assert [piece.location.path for piece in pieces] == sorted(piece.location.path for piece in pieces)
    assert partitions is None or len(planned) == partitions


@given(sizes=st.lists(st.integers(0, 200), min_size=1), partitions=st.integers(1, 9))
def test_plain_files_are_cut_evenly(sizes: list[int], partitions: int) -> None:
    files = [File(Location(f"/{n:03}"), "", size) for n, size in enumerate(sizes)]
    size_of = {file.location: file.size for file in files}
    loads = [
        sum((size_of[piece.location] if piece.stop is None else piece.stop) - piece.start for piece in pieces)
        for pieces in plan_splits(files, partitions)
    ]
    assert max(loads) - min(loads) <= 1


def test_the_default_number_follows_from_the_bytes() -> None:
    def count(size: int) -> int:
        return len(plan_splits([File(Location("/a"), "", size)], None))

    mib = 1 << 20
    assert [count(size * mib) for size in (0, 1, 16, 17, 32, 16 * MANY)] == [1, 1, 1, 2, 2, MANY]
    assert [count(size * mib) for size in (33, 64, 65, 200, 256, 257, 400)] == [4, 4, 8, 16, 16, 24, 32]
    assert count(16 * MANY * mib + 1) == MANY
    assert count(64 * MANY * mib) == MANY
    assert count(256 * MANY * mib) == 2 * MANY


def test_small_files_are_packed_together_and_compressed_ones_weigh_more() -> None:
    files = [File(Location(f"/{n:04}"), "", 1 << 14) for n in range(4096)]
    assert len(plan_splits(files, None)) == 4
    assert weight_of(File(Location("/a.gz"), "", 10)) > weight_of(File(Location("/a"), "", 10))
    packed = [File(Location(f"/{n}.gz"), "", 1 << 30) for n in range(3)]
    assert [len(pieces) for pieces in plan_splits(packed, None)] == [1, 1, 1]
