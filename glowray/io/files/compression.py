"""Compressed files. The suffix of a path names its codec."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import IO, Any, Protocol

from glowray.errors import DamagedFile
from glowray.io.filesystem.location import Location

CODECS = ("gz", "bz2", "zst", "xz")
"""Each is the suffix of its files."""

_NAMES = {"gzip": "gz", "bz2": "bz2", "zstd": "zst", "xz": "xz", "gz": "gz", "zst": "zst"}
"""The codecs by the names that a user may give."""

# Text usually shrinks to a fourth. Partitions are planned by the size of a file before compression.
EXPANSION = 4

_FRAME_BYTES = 1 << 20

_DAMAGE = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)


def codec_of(path: str) -> str | None:
    """Return the codec that a path's suffix names, in upper or lower case, or None.

    >>> codec_of("log.GZ"), codec_of("log.txt")
    ('gz', None)
    """
    suffix = path.rpartition(".")[2].lower()
    return suffix if suffix in CODECS else None


def read_codec_of(path: str) -> str | None:
    """Return the codec with which a path is read as text: one of `codec_of`, or zip, which is not written.

    >>> read_codec_of("log.zip"), read_codec_of("log.txt")
    ('zip', None)
    """
    return "zip" if path.lower().endswith(".zip") else codec_of(path)


def codec_for(compression: str | None, path: str | os.PathLike[str], single_file: bool) -> str | None:
    """Return the codec to write with: the one that `compression` names, else that of a single file's suffix, or None.

    >>> codec_for("gzip", "out", False), codec_for(None, "out.csv.gz", True), codec_for(None, "out.gz", False)
    ('gz', 'gz', None)

    Raises ValueError, which lists the known names, for an unknown one.
    """
    if compression is None:
        return codec_of(os.fspath(path)) if single_file else None
    if compression not in _NAMES:
        raise ValueError(f"compression must be None or one of {listed(_NAMES)}, not {compression!r}")
    return _NAMES[compression]


def listed(names: Iterable[str]) -> str:
    """Return names for a message: '"gzip", "xz"'."""
    return ", ".join(f'"{name}"' for name in names)


def decompressed(location: Location, codec: str, size: int) -> Iterator[bytes]:
    """Yield the content of a compressed file in blocks of at most `size` bytes.

    Concatenated members, as `cat a.gz b.gz` makes, are one content. Damaged or truncated data raises DamagedFile with
    the path, after all blocks that can be read.
    """
    with location.open() as raw, raw.buffered() as file:
        stream = _zip_stream(location, file) if codec == "zip" else _stream(file, codec)
        while True:
            block, damage = _up_to(stream, size)
            if block:
                yield block
            if damage:
                raise DamagedFile(f'"{location}" is damaged or cut short: {damage}') from damage
            if not block:
                return


def _stream(file: IO[bytes], codec: str) -> Any:
    if codec == "gz":
        return gzip.GzipFile(fileobj=file)
    if codec == "bz2":
        return bz2.BZ2File(file)
    if codec == "xz":
        return lzma.LZMAFile(file)
    import pyarrow as pa

    return _ZstdReader(pa.CompressedInputStream(file, "zstd"))


def _zip_stream(location: Location, file: IO[bytes]) -> IO[bytes]:
    """Return the stream of the one file in a zip archive. The folder __MACOSX/ does not count."""
    try:
        archive = zipfile.ZipFile(file)
        names = [name for name in archive.namelist() if not name.endswith("/") and not name.startswith("__MACOSX/")]
        if len(names) == 1:
            return archive.open(names[0])
    except (*_DAMAGE, RuntimeError) as error:  # RuntimeError: a password is needed, or an unknown compression.
        raise DamagedFile(f'"{location}" is damaged, or no zip archive that can be read: {error}') from error
    shown = ", ".join(f'"{name}"' for name in names[:3])
    held = f"{len(names)} files ({shown}{', …' if len(names) > 3 else ''})" if names else "no file"
    raise DamagedFile(f'"{location}" holds {held}: only a .zip of one file can be read, so unpack it first')


class _ZstdReader:
    """Gives Arrow's stream the method `read1` of the other streams: a call returns at most 64 KiB."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read1(self, size: int) -> bytes:
        data: bytes = self._stream.read(min(size, 1 << 16))
        return data


def _up_to(stream: Any, size: int) -> tuple[bytes, Exception | None]:
    """Return at most `size` bytes, and the error that ended the reading or None.

    It reads in small pieces, so that damage loses little of the content before it.
    """
    pieces, length = [], 0
    try:
        while length < size:
            piece = stream.read1(size - length)
            if not piece:
                break
            pieces.append(piece)
            length += len(piece)
    except _DAMAGE as damage:
        return b"".join(pieces), damage
    return b"".join(pieces), None


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


class CompressedFile:
    """Writes a new file, compressed with `codec` or plain if that is None. Equal content gives equal bytes."""

    def __init__(self, path: str, codec: str | None) -> None:
        self._codec = codec
        self._file = open(path, "xb")  # noqa: SIM115  (open until close() or discard())
        self._compressor = _compressor(codec)

    def write(self, data: bytes) -> None:
        self._file.write(self._compressor.compress(data))

    def end_member(self) -> int:
        """End the current member, which can be read alone, and return its end as an offset in bytes.

        The next write begins another member.
        """
        self._file.write(self._compressor.flush())
        self._compressor = _compressor(self._codec)
        return self._file.tell()

    def close(self) -> int:
        """Write what the compressor still holds, close the file, and return its size in bytes."""
        try:
            self._file.write(self._compressor.flush())
            return self._file.tell()
        finally:
            self._file.close()

    def discard(self) -> None:
        """Close a file that is not wanted, even if buffered bytes cannot be written."""
        with contextlib.suppress(OSError):
            self._file.close()


def _compressor(codec: str | None) -> _Compressor:
    if codec == "gz":
        return zlib.compressobj(6, zlib.DEFLATED, 31)  # 31: a gzip header without a name and a time
    if codec == "bz2":
        return bz2.BZ2Compressor()
    if codec == "xz":
        return lzma.LZMACompressor()
    if codec == "zst":
        return _ZstdCompressor()
    return _Plain()


class _Plain:
    def compress(self, data: bytes, /) -> bytes:
        return data

    def flush(self) -> bytes:
        return b""


class _ZstdCompressor:
    """Writes a frame for each MiB of content, in whatever pieces the content arrives."""

    def __init__(self) -> None:
        import pyarrow as pa

        self._codec = pa.Codec("zstd")
        self._waiting = bytearray()
        self._empty = True

    def compress(self, data: bytes, /) -> bytes:
        self._waiting += data
        frames = []
        while len(self._waiting) >= _FRAME_BYTES:
            frames.append(self._frame())
        return b"".join(frames)

    def flush(self) -> bytes:
        return self._frame() if self._waiting or self._empty else b""

    def _frame(self) -> bytes:
        frame: bytes = self._codec.compress(bytes(self._waiting[:_FRAME_BYTES]), asbytes=True)
        del self._waiting[:_FRAME_BYTES]
        self._empty = False
        return frame
