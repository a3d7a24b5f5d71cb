"""The user's functions: known by name and place, checked, spread over rows, sent to tasks; and their failures."""

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
