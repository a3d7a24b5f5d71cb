"""What constructs cost as column kernels and as inlined Python; the choice of level is made from this table alone.

Nanoseconds a row on one core, printed by `python -m glowray.vectorize.measure` (words of 3 to 9 letters, lines of ten
words or three fields). Only their ratio matters. Never read a clock to choose a level: results must not depend on it.
"""

from __future__ import annotations

# Construct → (kernel, inlined Python).
COSTS: dict[str, tuple[int, int]] = {
    "arithmetic": (1, 9),
    "divide": (2, 9),
    "compare": (1, 7),
    "choose": (1, 5),
    "str": (12, 41),
    "compare text": (3, 9),
    "in text": (20, 20),
    "in set": (9, 16),
    "concatenate": (23, 30),
    "slice": (13, 44),
    "len": (9, 8),
    "lower": (1, 24),
    "upper": (1, 26),
    "title": (13, 57),
    "capitalize": (11, 51),
    "casefold": (1, 25),
    "swapcase": (1, 62),
    "strip": (11, 11),
    "lstrip": (8, 10),
    "rstrip": (9, 10),
    "startswith": (4, 42),
    "endswith": (4, 42),
    "find": (14, 53),
    "rfind": (31, 53),
    "index": (19, 56),
    "rindex": (16, 42),
    "count": (19, 56),
    "replace": (31, 42),
    "removeprefix": (19, 13),
    "removesuffix": (18, 10),
    "partition": (67, 50),
    "rpartition": (86, 51),
    "ljust": (16, 27),
    "rjust": (15, 26),
    "zfill": (17, 26),
    "isdigit": (3, 9),
    "isalpha": (14, 24),
    "isalnum": (14, 24),
    "isdecimal": (3, 9),
    "isascii": (10, 6),
    "int": (12, 65),
    "float": (40, 39),
    "words": (346, 326),
    "comprehension": (53, 301),
    "join": (135, 124),
    "split": (61, 91),
    "rsplit": (57, 97),
    "pick": (1, 1),
}

# A value from a Python list into a column, and back.
INTO_COLUMN = {str: 26, int: 12, float: 12, bool: 12}
OUT_OF_COLUMN = {str: 80, int: 15, float: 15, bool: 15}
