from glowray.native.scanning import Buffer

def match(
    data: Buffer,
    starts: Buffer,
    ends: Buffer,
    following: bytes,
    accepts: bytes,
    ranks: bytes,
    events: int,
    anchored: bool,
    whole: bool,
    before_line_end: bool,
    status: Buffer,
    places: Buffer,
) -> None:
    """Write the status (uint8) of each text: 0 for no match, 1 for a match, 2 if the automaton cannot tell.

    The places are int64, with a column for each text. Row 0 is the start of the match and row 1 its end. The other
    rows are the places of the events. `following` has 256 states for each state: 255 for none, 254 if the automaton
    cannot tell. `accepts` says of each state whether a match may end there. `ranks` says of each state how many events
    are behind it.
    """
