from glowray.native.scanning import Buffer

def find(data: Buffer, starts: Buffer, ends: Buffer, pattern: bytes, backwards: bool, out: Buffer) -> None:
    """Writes to `out`, as int64, where in each text the pattern begins first (or last); -1 where it does not."""
