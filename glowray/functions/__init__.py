"""The user's functions: their names and places, checks, spreading of rows, pickling, and failures.

The package imports `rows`, `errors` and `boundary` only. Code that runs functions over rows does not belong here.
"""

from glowray.functions.caller import user_site
from glowray.functions.failure import Cause, Failure
from glowray.functions.function import Function
from glowray.functions.spread import spread, spread_arguments, whole

__all__ = [
    "Cause",
    "Failure",
    "Function",
    "spread",
    "spread_arguments",
    "user_site",
    "whole",
]
