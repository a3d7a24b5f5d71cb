from glowray.native.scanning import Buffer

def integers(data: Buffer, starts: Buffer, ends: Buffer, out: Buffer, good: Buffer) -> bool:
    """Write int() of each text to `out` (int64). Return whether all texts are ints of 64 bits.

    `good` (a byte per text) gets 1 for an int, and 0 for another text, whose result is 0.
    """

def floats(data: Buffer, starts: Buffer, ends: Buffer, out: Buffer, good: Buffer) -> bool:
    """Write float() of each text to `out` (float64). Return whether all are floats. `good` is as in `integers`."""
