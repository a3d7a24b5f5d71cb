from glowray.native.scanning import Buffer

def cut(data: Buffer, starts: Buffer, ends: Buffer) -> tuple[bytearray, bytearray]:
    """(where each text starts among the others, and where the last one ends, as int64; the texts, and some zeros)."""
