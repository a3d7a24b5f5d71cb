"""The user's functions: known by name and place, checked, spread over rows, sent to tasks; and their failures."""

from glowray.functions.caller import user_site
from glowray.functions.failure import Failure, only_user_frames
from glowray.functions.function import Function
from glowray.functions.spread import spread, spread_arguments, whole
from glowray.functions.tracebacks import user_frames

__all__ = [
    "Failure",
    "Function",
    "only_user_frames",
    "spread",
    "spread_arguments",
    "user_frames",
    "user_site",
    "whole",
]
