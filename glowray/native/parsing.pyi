from glowray.native.scanning import Buffer

def integers(data: Buffer, starts: Buffer, ends: Buffer, out: Buffer, good: Buffer = ...) -> bool:
    """Writes int() of each text to `out`, as int64; whether all of them have at most 18 digits, of ASCII alone.

    `good`, a byte a text, gets 1 for those, and 0 for others, for which `out` gets 0; without it `out` is then of no
    use. White space around them and a sign are taken as int() takes them.
    """

def floats(data: Buffer, starts: Buffer, ends: Buffer, out: Buffer, good: Buffer = ...) -> bool:
    """Writes float() of each text to `out`; whether all of them have at most 15 digits, with a point or without."""
