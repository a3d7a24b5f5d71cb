"""Properties that a node derives from the same properties of the nodes that it reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class derived(Generic[T]):  # noqa: N801  (it is used as property is)
    """A property that a node computes once, after the nodes in `origins` have computed theirs.

    The first access computes it in a loop, for the whole plan below the node. So a chain of verbs may have any length,
    and each further verb costs one node. A subclass that overrides the property may compute it differently.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self.compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, node: None, owner: type) -> derived[T]: ...
    @overload
    def __get__(self, node: object, owner: type) -> T: ...
    def __get__(self, node: Any, owner: type) -> derived[T] | T:
        if node is None:
            return self
        name = self.name
        stack = [node]
        while stack:
            each = stack[-1]
            waiting = [origin for origin in each.origins if name not in vars(origin)]
            if waiting:
                stack.extend(waiting)
                continue
            stack.pop()
            if name not in vars(each):
                # The instance attribute hides this descriptor, so later accesses do not come here.
                vars(each)[name] = getattr(type(each), name).compute(each)
        value: T = vars(node)[name]
        return value
