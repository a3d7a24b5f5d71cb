"""What constructs cost as column kernels and as inlined Python; the choice of level is made from this table alone.

Nanoseconds a row on one core, printed by `python -m glowray.vectorize.measure` (words of 2 to 9 letters, lines of ten
words). Only their ratio matters. Never read a clock to choose a level: results must not depend on it.
"""

from __future__ import annotations

from collections.abc import Iterable

# Construct → (kernel, inlined Python).
COSTS: dict[str, tuple[int, int]] = {
    "arithmetic": (2, 10),
    "divide": (5, 11),
    "compare": (1, 8),
    "choose": (1, 7),
    "str": (12, 41),
    "compare text": (3, 9),
    "in text": (20, 21),
    "in set": (9, 16),
    "join": (24, 28),
    "slice": (11, 35),
    "len": (9, 8),
    "lower": (1, 24),
    "upper": (1, 24),
    "strip": (11, 10),
    "lstrip": (8, 10),
    "rstrip": (9, 10),
    "startswith": (5, 42),
    "endswith": (4, 41),
    "find": (13, 52),
    "count": (18, 55),
    "replace": (32, 43),
    "isdigit": (6, 9),
    "isalpha": (15, 24),
    "isalnum": (16, 25),
    "isdecimal": (5, 9),
    "split": (774, 571),
    "comprehension": (989, 1291),
    "int": (12, 65),
    "float": (37, 37),
}

# A value from a Python list into a column, and back.
INTO_COLUMN = {str: 26, int: 12, float: 12, bool: 12}
OUT_OF_COLUMN = {str: 80, int: 15, float: 15, bool: 15}


def pays(
    constructs: Iterable[str], source: Iterable[type], result: Iterable[type], columns_in: bool, columns_out: bool
) -> bool:
    """Whether kernels beat inlined Python for a function.

    >>> pays(["lower"], [str], [str], columns_in=True, columns_out=True)
    True
    >>> pays(["strip"], [str], [str], columns_in=False, columns_out=False)
    False

    Args:
        constructs: `ArrowProgram.constructs`.
        source, result: the scalar types of the columns that it reads and makes.
        columns_in: whether its rows are columns already; else Python's rows must become columns first.
        columns_out: whether what comes next takes columns; else Python's rows must be made of them.
    """
    kernel = inlined = 0
    for construct in constructs:
        costs = COSTS[construct]
        kernel, inlined = kernel + costs[0], inlined + costs[1]
    enter = sum(OUT_OF_COLUMN[each] if columns_in else INTO_COLUMN[each] for each in source)
    leave = sum(INTO_COLUMN[each] if columns_out else OUT_OF_COLUMN[each] for each in result)
    # Columns that come or go as columns cost the other level their conversion.
    kernel += (0 if columns_in else enter) + (0 if columns_out else leave)
    inlined += (enter if columns_in else 0) + (leave if columns_out else 0)
    return kernel < inlined
