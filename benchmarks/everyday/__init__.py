"""A hundred everyday functions, and how many of them run in columns.

They were written before anybody looked at which of them have a column form. `python -m benchmarks.everyday` counts.
"""

from benchmarks.everyday import lines, numbers, records, texts
from benchmarks.everyday.catalogue import EVERYDAY, Everyday

__all__ = ["EVERYDAY", "Everyday", "lines", "numbers", "records", "texts"]
