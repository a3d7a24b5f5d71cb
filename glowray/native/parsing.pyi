from glowray.native.scanning import Buffer

def integers(data: Buffer, starts: Buffer, ends: Buffer, out: Buffer, good: Buffer = ...) -> bool:
    """Write int() of each text to `out` (int64). Return whether all texts are ints of at most 18 ASCII digits.

    A text may have a sign, and white space around it, as for int(). `good` (a byte per text) gets 1 for an int, and 0
    for another text, whose result is 0. Without `good`, `out` is valid only if the result is True.
    """

def floats(data: Buffer, starts: Buffer, ends: Buffer, out: Buffer, good: Buffer = ...) -> bool:
    """Write float() of each text to `out` (float64). Return whether all texts are floats of at most 15 ASCII digits.

    A point is optional. Signs, white space and `good` are as in `integers`.
    """
