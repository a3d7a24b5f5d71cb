from glowray.native.scanning import Buffer

def cut(data: Buffer, starts: Buffer, ends: Buffer) -> tuple[bytearray, bytearray]:
    """Concatenate texts as an Arrow array holds them: return (int64 offsets, one more than texts; the bytes).

    The bytes end with some zeros beyond the last text.
    """
