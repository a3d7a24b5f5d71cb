"""Attributes of modules and classes that are the same while a job runs: `math.pi`, `re.sub`, `str.lower`."""

from __future__ import annotations

import ast
import sys
from datetime import date, datetime
from types import ModuleType
from typing import Final, NamedTuple

from glowray.rows.objects.static_attributes import is_one_of

MISSING: Final = object()
"""Stands for an expression that is no captured value."""


class ClassMember(NamedTuple):
    """A member of one of Python's own classes: `str.lower` is ClassMember(str, "lower")."""

    owner: type
    name: str


_CLASSES = (str, int, float, dict, datetime, date)


def attribute_of(owner: object, name: str) -> object:
    """Return an attribute of a module of the standard library or of a class, else MISSING.

    Other modules may assign their attributes in one process and not in another.

    >>> import math
    >>> attribute_of(math, "pi"), attribute_of(str, "lower")
    (3.141592653589793, ClassMember(owner=<class 'str'>, name='lower'))
    """
    if type(owner) is ModuleType and owner.__name__.partition(".")[0] in sys.stdlib_module_names:
        return vars(owner).get(name, MISSING)
    # By identity: isinstance() would ask a user's proxy for its class.
    return next((ClassMember(each, name) for each in _CLASSES if each is owner), MISSING)


def display_of(node: ast.expr) -> object:
    """Return the value of a constant, or a tuple for a display of constants, else MISSING.

    >>> display_of(ast.parse("['a', ('b', 1)]", mode="eval").body)
    ('a', ('b', 1))
    """
    if isinstance(node, ast.Constant):
        return node.value
    if not isinstance(node, ast.Tuple | ast.List | ast.Set):
        return MISSING
    values = tuple(map(display_of, node.elts))
    return MISSING if is_one_of(MISSING, values) else values
