from glowray.native.scanning import Buffer

def counts(data: Buffer, starts: Buffer, ends: Buffer, out: Buffer) -> None:
    """Write the number of characters of each UTF-8 text to `out` (int64)."""

def offsets(data: Buffer, starts: Buffer, ends: Buffer, places: Buffer, out: Buffer) -> None:
    """Write the offset in each text of the byte at which character number `places[i]` begins.

    `places` and `out` are int64. A text that has no such character gives its length in bytes.
    """

def replace(data: Buffer, starts: Buffer, ends: Buffer, first: Buffer, rest: Buffer, out: Buffer, good: Buffer) -> bool:
    """Write the texts to `out`, at their places in `data`, with each character replaced by its entry in a table.

    Write to `good` whether a text has no special character, and return whether no text has one. `first` and `rest` are
    `Loops.replaced`'s tables.
    """
