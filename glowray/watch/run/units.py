"""Numbers as people read them: counts, bytes, times."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "row"), counted(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def short_count(count: int) -> str:
    """Return a number in at most 6 characters.

    >>> short_count(7_000), short_count(12_345), short_count(1_234_567), short_count(5_000_000_000)
    ('7,000', '12.3k', '1.2M', '5.0G')
    """
    if count < 10_000:
        return f"{count:,}"
    value = float(count)
    for unit in "kMG":
        value /= 1000
        if value < 999.95:
            return f"{value:.1f}{unit}"
    return f"{value / 1000:,.1f}T"


def in_units(size: int) -> str:
    """Return a number of bytes in the largest unit that gives at least 1.

    >>> in_units(999), in_units(20_480), in_units(5 * 2**30)
    ('999 B', '20.0 KiB', '5.0 GiB')
    """
    value = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.0f} B" if unit == "B" else f"{value:,.1f} {unit}"
        value /= 1024
    return f"{value:,.1f} TiB"


def clock(seconds: float) -> str:
    """Return seconds as `minutes:seconds` or `hours:minutes:seconds`.

    >>> clock(7.2), clock(75), clock(3725)
    ('0:07', '1:15', '1:02:05')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
