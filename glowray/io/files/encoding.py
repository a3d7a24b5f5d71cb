"""Encodings of text files, and what to do with bytes that they cannot decode."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

# In these families of codecs.lookup(…).name a line ends at a byte 0x0A and nowhere else, so files are split as bytes.
# Files of all other encodings are decoded from their start.
_NEWLINE_IS_A_BYTE = re.compile(
    r"utf-8|utf-8-sig|ascii|iso8859-\d+|cp125\d|cp437|cp85[0258]|cp86\d|koi8-[rtu]|mac-[a-z]+"
)


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding and its error handler, as `open()` takes them.

    >>> Encoding("latin-1").splittable, Encoding("utf-16").splittable
    (True, False)
    """

    name: str = "utf-8"
    errors: str = "strict"

    def __post_init__(self) -> None:
        """Raise LookupError for an unknown encoding or error handler."""
        b"".decode(self.name)
        codecs.lookup_error(self.errors)

    @property
    def splittable(self) -> bool:
        """Whether a file can be cut after any byte 0x0A, so that each line can be decoded alone."""
        return _NEWLINE_IS_A_BYTE.fullmatch(codecs.lookup(self.name).name) is not None

    @property
    def is_utf8(self) -> bool:
        """Whether the bytes are UTF-8, as in columns of text, and any other bytes are an error."""
        return self.errors == "strict" and codecs.lookup(self.name).name in ("utf-8", "utf-8-sig", "ascii")

    @property
    def is_ascii(self) -> bool:
        """Whether a byte beyond ASCII is an error."""
        return codecs.lookup(self.name).name == "ascii"

    @property
    def signature(self) -> bytes:
        """The byte order mark that is dropped at the start of a file, or b""."""
        return codecs.BOM_UTF8 if codecs.lookup(self.name).name == "utf-8-sig" else b""

    def decode(self, data: bytes) -> str:
        """Return whole lines of a splittable encoding as text. The signature is dropped already."""
        return data.decode("utf-8" if self.signature else self.name, self.errors)


def encoding_of_files(name: str, errors: str = "strict") -> Encoding:
    """Return the encoding of files whose lines are rows: a byte order mark at the start of UTF-8 is no text.

    >>> encoding_of_files("UTF-8").name, encoding_of_files("latin-1").name
    ('utf-8-sig', 'latin-1')
    """
    encoding = Encoding(name, errors)
    return Encoding("utf-8-sig", errors) if codecs.lookup(name).name == "utf-8" else encoding


def is_utf8_text(text: str) -> bool:
    """Return False for a str with half of a surrogate pair, which UTF-8 lacks and Arrow refuses.

    >>> is_utf8_text("é"), is_utf8_text("\\ud800")
    (True, False)
    """
    return text.encode(errors="ignore").decode() == text


def is_utf8(data: bytes) -> bool:
    """Return whether bytes are UTF-8. Arrow tells in a tenth of the time of decoding.

    >>> is_utf8("é".encode()), is_utf8(b"\\xed\\xa0\\x80")
    (True, False)
    """
    import numpy as np
    import pyarrow as pa

    text = pa.LargeStringArray.from_buffers(1, pa.py_buffer(np.array([0, len(data)])), pa.py_buffer(data))
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
