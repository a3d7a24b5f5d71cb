from glowray.native.scanning import Buffer

def find(data: Buffer, starts: Buffer, ends: Buffer, pattern: bytes, backwards: bool, out: Buffer) -> None:
    """Write the offset of the pattern's first occurrence in each text to `out` (int64), -1 if there is none.

    With `backwards` it is the last occurrence.
    """
