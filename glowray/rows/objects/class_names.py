"""Names of the user's classes by their content, so that rows pickled by one process have their class in another.

cloudpickle gives a class that travels by value a random id. Rows that a later process reads would get a class of their
own, and `isinstance(row, Point)` would be False. A flow with `resume=` therefore names classes by their content.
"""

from __future__ import annotations

from collections.abc import Callable

from cloudpickle import cloudpickle as _internals

_PREFIX = "glowray-"
_IDS = _internals._DYNAMIC_CLASS_TRACKER_BY_CLASS
_CLASSES = _internals._DYNAMIC_CLASS_TRACKER_BY_ID

_namers: list[Callable[[type], str | None]] = []


def name_classes_by(namer: Callable[[type], str | None]) -> None:
    """Name classes from now on by what `namer` returns. A class without a name (None) gets a random id."""
    _namers[:] = [namer]


def name_class(cls: type) -> None:
    """Name a class that was not pickled yet. The name of another living class is not given a second time."""
    if not _namers or cls in _IDS:
        return
    name = _namers[0](cls)
    if name is not None and _PREFIX + name not in _CLASSES:
        _IDS[cls] = _PREFIX + name
        _CLASSES[_PREFIX + name] = cls


def is_named(cls: type) -> bool:
    """Return whether a class has a name by its content."""
    return str(_IDS.get(cls, "")).startswith(_PREFIX)


def reduced_class(cls: type) -> tuple[object, ...]:
    """Return cloudpickle's reduction of a class by value. A class without an id stays without one."""
    has_id = cls in _IDS
    reduced: tuple[object, ...] = _internals._dynamic_class_reduce(cls)
    if not has_id:
        _CLASSES.pop(_IDS.pop(cls), None)
    return reduced
