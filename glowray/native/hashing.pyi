from glowray.native.scanning import Buffer

def hashes(data: Buffer, starts: Buffer, ends: Buffer, tag: int, out: Buffer) -> None:
    """Writes `glowray.rows.hashing.bytes_hash` of each text to `out`, as uint64."""
