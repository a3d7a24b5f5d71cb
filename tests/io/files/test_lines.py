"""Test that no line is lost, doubled or changed, at any cut of a file."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import os
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glowray.errors import DamagedFile
from glowray.io.files import lines
from glowray.io.files.encoding import Encoding
from glowray.io.files.lines import read_bytes, read_lines
from glowray.io.files.splits import Piece
from glowray.io.filesystem.location import Location
from glowray.io.text.reader import TextReader, path_text_reader, text_reader
from tests.effort import examples

# Short alphabets make line ends, carriage returns and split characters frequent.
BYTES = st.lists(
    st.sampled_from([b"a", b"\n", b"\r", b"\r\n", b"\x0b", b"\x1c", "é".encode(), "\u2028".encode(), b"bc"])
)


def lines_of(text: str) -> list[str]:
    """Return the lines of a whole text, as the contract defines them."""
    lines = text.replace("\r\n", "\n").split("\n")
    return lines[:-1] if not lines[-1] else lines


def rows_of(reader: TextReader) -> list[list[str]]:
    return [[line for lines in reader.read(index) for line in lines] for index in range(reader.num_partitions)]


def all_rows(reader: TextReader) -> list[str]:
    return [row for rows in rows_of(reader) for row in rows]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lines")


@given(parts=BYTES, cuts=st.sets(st.integers(0, 60)), size=st.integers(1, 9))
def test_a_line_belongs_to_the_piece_of_its_first_byte(
    folder: Path, parts: list[bytes], cuts: set[int], size: int
) -> None:
    data = b"".join(parts)
    path = folder / "seams.txt"
    path.write_bytes(data)
    edges = [0, *sorted(cut for cut in cuts if 0 < cut < len(data)), None]
    pieces = [Piece(Location(str(path)), start or 0, stop) for start, stop in pairwise(edges)]

    found = [[line for lines in read_lines(piece, Encoding(), size) for line in lines] for piece in pieces]

    raw = data.split(b"\n")
    starts = [sum(len(line) + 1 for line in raw[:k]) for k in range(len(raw))]
    expected: list[list[str]] = [[] for _ in pieces]
    for start, line in zip(starts, lines_of(data.decode()), strict=False):
        home = max(k for k, piece in enumerate(pieces) if piece.start <= start)
        expected[home].append(line)
    assert found == expected


@given(parts=BYTES, cut=st.integers(0, 60), size=st.integers(1, 9))
def test_chunks_of_bytes_are_whole_lines(folder: Path, parts: list[bytes], cut: int, size: int) -> None:
    data = b"".join(parts)
    path = folder / "bytes.txt"
    path.write_bytes(data)
    cut = min(cut, len(data))
    chunks = [
        *read_bytes(Piece(Location(str(path)), 0, cut), b"", size),
        *read_bytes(Piece(Location(str(path)), cut), b"", size),
    ]
    assert b"".join(chunks) == data
    assert all(chunk.endswith(b"\n") for chunk in chunks[:-1])
    assert all(chunks)


@given(
    files=st.lists(BYTES, min_size=1, max_size=5),
    partitions=st.one_of(st.none(), st.integers(1, 12)),
    split_bytes=st.integers(1, 30),
)
def test_any_number_of_partitions_gives_the_same_lines(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[bytes]], partitions: int | None, split_bytes: int
) -> None:
    folder = tmp_path_factory.mktemp("files")
    for number, parts in enumerate(files):
        (folder / f"{number}.txt").write_bytes(b"".join(parts))
    reader = text_reader(folder, partitions, split_bytes=split_bytes)
    assert all_rows(reader) == [line for parts in files for line in lines_of(b"".join(parts).decode())]
    assert partitions is None or reader.num_partitions == partitions


@given(text=st.text(st.sampled_from("aé\n\r\u2028𝄞\ufeff")), size=st.integers(1, 9))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-7", "gb18030"])
def test_encodings_are_read_as_open_reads_them(folder: Path, encoding: str, text: str, size: int) -> None:
    path = folder / "encoded.txt"
    path.write_bytes(text.encode(encoding))
    with open(path, encoding=encoding, newline="") as file:
        expected = lines_of(file.read())
    lines = [line for lines in read_lines(Piece(Location(str(path))), Encoding(encoding), size) for line in lines]
    assert lines == expected


@given(
    data=st.lists(st.sampled_from([b"a", b"\n", b"\xff", b"\xe2\x82", "é".encode()])).map(b"".join),
    size=st.integers(1, 9),
)
@pytest.mark.parametrize("errors", ["replace", "ignore", "surrogateescape", "backslashreplace"])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "utf-16"])
def test_error_handlers_do_what_open_does(folder: Path, encoding: str, errors: str, data: bytes, size: int) -> None:
    path = folder / "damaged.txt"
    path.write_bytes(data)
    try:
        expected = lines_of(io.TextIOWrapper(io.BytesIO(data), encoding, errors, newline="").read())
    except UnicodeError:
        expected = None  # UTF-16 without its byte order mark
    if expected is not None:
        lines = [
            line for lines in read_lines(Piece(Location(str(path))), Encoding(encoding, errors), size) for line in lines
        ]
        assert lines == expected


@given(
    before=st.lists(st.sampled_from(["ok", "é", ""]), max_size=20),
    after=st.integers(0, 3),
    size=st.integers(1, 64),
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_good_lines_come_before_a_bad_one(
    folder: Path, encoding: str, before: list[str], after: int, size: int
) -> None:
    path = folder / "strict.txt"
    bad = b"\xff" if encoding == "utf-8" else b"\x00\xdc\x00\xdc"
    good = "".join(line + "\n" for line in before).encode(encoding)
    path.write_bytes(good + bad + b"\n" * (4 * after))
    rows = []
    with pytest.raises(UnicodeDecodeError) as caught:
        for lines in read_lines(Piece(Location(str(path))), Encoding(encoding), size):
            rows += lines
    assert rows == before
    assert f'"{path}", line {len(before) + 1} is not {encoding}' in caught.value.__notes__[0]


@given(before=st.integers(1, 30), cut=st.integers(1, 60))
def test_a_bad_line_is_numbered_in_its_file_from_any_piece(folder: Path, before: int, cut: int) -> None:
    path = folder / "numbered.txt"
    path.write_bytes(b"x\n" * before + b"\xff\n")
    with pytest.raises(UnicodeDecodeError) as caught:
        list(read_lines(Piece(Location(str(path)), min(cut, 2 * before)), Encoding()))
    assert f"line {before + 1} " in caught.value.__notes__[0]


def test_newline_is_a_byte_of_its_own_in_every_splittable_encoding() -> None:
    from encodings.aliases import aliases

    names = {name for name in aliases.values() if name not in ("mbcs", "oem")} | {"utf_8_sig", "koi8_t", "koi8_u"}
    text = {name for name in names if codecs.lookup(name)._is_text_encoding}
    single = [name for name in text if Encoding(name).splittable and not name.startswith("utf_8")]
    assert len(single) > 30
    for name in single:
        for byte in range(256):
            character = bytes([byte]).decode(name, "replace")
            assert len(character) == 1 and (character == "\n") == (byte == 10), (name, byte)


@pytest.mark.slow
def test_a_long_line_is_read_in_linear_time(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_bytes(b"x" * (64 << 20) + b"\nend")
    reader = text_reader(path, partitions=16)
    rows = rows_of(reader)
    assert [len(line) for line in rows[0]] == [64 << 20]
    assert rows[1:-1] == [[]] * 14
    assert rows[-1] == ["end"]


def test_empty_files_and_missing_final_line_ends(tmp_path: Path) -> None:
    for name, data in [("a", b""), ("b", b"one\n\ntwo"), ("c", b""), ("d", b"\n"), ("e", b"\r"), ("f", b"x\r\r\n")]:
        (tmp_path / name).write_bytes(data)
    assert all_rows(text_reader(tmp_path)) == ["one", "", "two", "", "\r", "x\r"]
    assert all_rows(text_reader(tmp_path / "a")) == []


def test_a_file_that_grows_is_read_to_its_end_and_one_that_shrinks_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text("a\nb\nc\n")
    reader = text_reader(path, partitions=2)
    with open(path, "a") as file:
        file.write("d\n")
    assert all_rows(reader) == ["a", "b", "c", "d"]
    path.write_text("a\n")
    with pytest.raises(Exception, match="became shorter"):
        all_rows(reader)


def zstd(data: bytes) -> bytes:
    import pyarrow as pa

    return bytes(pa.Codec("zstd").compress(data, asbytes=True))


COMPRESS = {"gz": gzip.compress, "BZ2": bz2.compress, "xz": lzma.compress, "zst": zstd}


@pytest.mark.parametrize("suffix", COMPRESS)
def test_compressed_files_of_several_members(tmp_path: Path, suffix: str) -> None:
    compress = COMPRESS[suffix]
    text = "".join(f"line {n}\n" for n in range(50_000)).encode()
    (tmp_path / f"a.txt.{suffix}").write_bytes(compress(text[:1234]) + compress(b"") + compress(text[1234:]))
    (tmp_path / "b.txt").write_bytes(b"end")
    for partitions in (None, 1, 5):
        reader = text_reader(tmp_path, partitions, split_bytes=1000)
        assert all_rows(reader) == [*lines_of(text.decode()), "end"]
        assert sum(1 for rows in rows_of(reader) if rows) <= 2 + (partitions is None) * 1


@pytest.mark.slow
@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_compressed_file_that_is_cut_short_gives_its_lines_then_an_error(tmp_path: Path, suffix: str) -> None:
    import random

    text = "".join(f"{random.Random(n).random()}\n" for n in range(40_000)).encode()
    path = tmp_path / f"cut.{suffix}"
    path.write_bytes(COMPRESS[suffix](text[:400_000]) + COMPRESS[suffix](text[400_000:])[:-9])
    rows: list[str] = []
    with pytest.raises(DamagedFile, match=f'"{path}" is damaged or cut short'):
        for lines in text_reader(path).read(0):
            rows += lines
    assert len(rows) > 15_000
    assert rows == lines_of(text.decode())[: len(rows)]


def test_a_damaged_compressed_file_is_named(tmp_path: Path) -> None:
    for suffix in COMPRESS:
        path = tmp_path / f"noise.{suffix}"
        path.write_bytes(b"this was never compressed, whatever its name says")
        with pytest.raises(DamagedFile, match=f'"{path}" is damaged'):
            list(text_reader(path).read(0))


def test_lines_far_into_a_file_are_numbered_from_the_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"0\n1\n2\n3\n")
    monkeypatch.setattr(lines, "COUNTED_BYTES", 3)
    from_start, from_cut = "line 4", "line 2 after byte 4"
    for start, exact, name in [
        (0, False, "line 2"),
        (3, False, from_start),
        (4, False, from_cut),
        (4, True, from_start),
    ]:
        assert lines.LineNames(Piece(Location(str(path)), start), exact=exact).name(1) == f'"{path}", {name}'


ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "shift_jis", "ascii"]


@settings(max_examples=examples(50))
@given(lines=st.lists(st.text("aÃ©\xa7b ", max_size=4), max_size=6), n=st.integers(1, 5))
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_cut_of_every_encoding(folder: Path, encoding: str, lines: list[str], n: int) -> None:
    lines = [line.encode(encoding, "ignore").decode(encoding) for line in lines]
    path = folder / "cut.txt"
    path.write_bytes("".join(line + "\n" for line in lines).encode(encoding))
    reader, with_paths = text_reader(path, n, encoding), path_text_reader(path, n, encoding)
    assert all_rows(reader) == lines
    assert [row for index in range(n) for rows in with_paths.read(index) for row in rows] == [
        (str(path), line) for line in lines
    ]
    for made in (reader, with_paths):
        blocks = [part for index in range(n) for part in made.read_blocks(index)]
        rows = [row for part in blocks for row in (part if isinstance(part, list) else part.rows())]
        assert rows == [row for index in range(n) for part in made.read(index) for row in part]


def test_the_mark_of_a_utf8_file_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one\ntwo\n", encoding="utf-8-sig")
    (tmp_path / "b").write_bytes(gzip.compress("three".encode("utf-8-sig")))
    (tmp_path / "b").rename(tmp_path / "b.gz")
    for n in (1, 2, 5):
        assert all_rows(text_reader(tmp_path, n)) == ["one", "two", "three"]


def test_paths_are_spelt_as_the_user_spelt_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    odd = os.fsdecode(b"d/\xff.txt")
    os.mkdir("d")
    for name in ("d/a.txt", "d/b.txt", odd):
        Path(name).write_text("x\n")
    for paths, expected in [
        ("d", ["d/a.txt", "d/b.txt", odd]),
        ("d/*a.txt", ["d/a.txt"]),
        (["d/b.txt"] * 2, ["d/b.txt"] * 2),
    ]:
        reader = path_text_reader(paths)
        rows = [row for index in range(reader.num_partitions) for rows in reader.read(index) for row in rows]
        assert rows == [(name, "x") for name in expected]
        blocks = [part for index in range(reader.num_partitions) for part in reader.read_blocks(index)]
        assert [row for part in blocks for row in (part if isinstance(part, list) else part.rows())] == rows


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


TEXT = "".join(f"line {n}\n" for n in range(50_000)).encode()


@pytest.mark.parametrize(
    "files", [{"a.txt": TEXT}, {"d/": b"", "d/a.txt": TEXT, "__MACOSX/d/._a.txt": b"x"}, {"a.gz": TEXT}]
)
def test_a_zip_of_one_file_is_that_file(tmp_path: Path, files: dict[str, bytes]) -> None:
    path = zipped(tmp_path / "a.ZIP", files)
    for n in (1, 3):
        reader = text_reader(path, n)
        assert all_rows(reader) == lines_of(TEXT.decode())
        assert sum(1 for rows in rows_of(reader) if rows) == 1


@pytest.mark.parametrize(
    ("files", "held"),
    [
        ({}, "no file"),
        ({"a.txt": b"1", "b.txt": b"2"}, r'2 files \("a.txt", "b.txt"\)'),
        ({f"{n}": b"1" for n in range(5)}, r'5 files \("0", "1", "2", …\)'),
    ],
)
def test_a_zip_of_other_files_is_an_error(tmp_path: Path, files: dict[str, bytes], held: str) -> None:
    path = zipped(tmp_path / "a.zip", files)
    with pytest.raises(DamagedFile, match=f'"{path}" holds {held}: only a .zip of one file can be read'):
        list(text_reader(path).read(0))


@pytest.mark.parametrize("place", [0, 35, -30])
def test_a_damaged_zip_is_an_error(tmp_path: Path, place: int) -> None:
    path = zipped(tmp_path / "a.zip", {"a.txt": TEXT})
    content = bytearray(path.read_bytes())
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(DamagedFile, match=f'"{path}" is damaged'):
        list(text_reader(path).read(0))
    content[place] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(DamagedFile, match=f'"{path}" is damaged'):
        list(text_reader(path).read(0))
