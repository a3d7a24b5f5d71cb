from glowray.native.scanning import Buffer

def hashes(data: Buffer, starts: Buffer, ends: Buffer, tag: int, out: Buffer) -> None:
    """Write `glowray.native.byte_hash.bytes_hash` of each text to `out` (uint64)."""

def codes(data: Buffer, starts: Buffer, ends: Buffer, out: Buffer) -> bool:
    """Write a code of each text to `out` (uint64), and return True. Return False if a text has eight bytes or more.

    A code is made of the text's bytes and its length. Different texts have different codes.
    """
