from glowray.native.scanning import Buffer

def hashes(data: Buffer, starts: Buffer, ends: Buffer, tag: int, out: Buffer) -> None:
    """Writes `glowray.native.byte_hash.bytes_hash` of each text to `out`, as uint64."""

def codes(data: Buffer, starts: Buffer, ends: Buffer, out: Buffer) -> bool:
    """Whether all texts have less than eight bytes; then each is written to `out`, mixed with its length, as uint64.

    Texts that differ have other codes.
    """
