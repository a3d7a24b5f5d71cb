"""Costs of constructs as column kernels and as inlined Python. The planner chooses a level from this table alone.

Values are nanoseconds a row on one core, from words of 3 to 9 letters and lines of ten words or three fields. Only
the ratios matter. No code may choose a level by a clock, because a plan must not depend on the machine's load.
`make costs` measures and writes the table. It also measures the functions of `benchmarks/levels.json` at both levels.
A test fails if the table chooses a level for one of them that is over 1.5 times slower than the other.
"""

from __future__ import annotations

# Construct → (nanoseconds as a column kernel, nanoseconds as inlined Python).
COSTS: dict[str, tuple[int, int]] = {
    "arithmetic": (1, 9),
    "divide": (2, 9),
    "compare": (1, 7),
    "choose": (2, 4),
    "str": (12, 39),
    "compare text": (3, 9),
    "in text": (19, 20),
    "in set": (9, 15),
    "concatenate": (23, 28),
    "slice": (8, 42),
    "len": (1, 8),
    "lower": (1, 23),
    "upper": (1, 23),
    "title": (12, 62),
    "capitalize": (10, 53),
    "casefold": (1, 23),
    "swapcase": (1, 65),
    "strip": (10, 10),
    "lstrip": (8, 10),
    "rstrip": (8, 10),
    "startswith": (4, 42),
    "endswith": (4, 41),
    "find": (14, 52),
    "rfind": (30, 52),
    "index": (18, 55),
    "rindex": (18, 43),
    "count": (18, 54),
    "replace": (30, 41),
    "removeprefix": (20, 12),
    "removesuffix": (18, 9),
    "partition": (58, 49),
    "rpartition": (79, 48),
    "ljust": (15, 28),
    "rjust": (15, 26),
    "zfill": (15, 24),
    "isdigit": (3, 9),
    "isalpha": (13, 23),
    "isalnum": (14, 23),
    "isdecimal": (3, 9),
    "isascii": (10, 6),
    "int": (12, 62),
    "float": (35, 37),
    "words": (308, 332),
    "comprehension": (30, 284),
    "join": (103, 120),
    "split": (61, 88),
    "math": (49, 24),
    "rsplit": (60, 94),
    "pick": (1, 5),
}

# Nanoseconds to move one value from a Python list into a column, and back.
INTO_COLUMN = {str: 26, int: 12, float: 12, bool: 12}
OUT_OF_COLUMN = {str: 80, int: 15, float: 15, bool: 15}
