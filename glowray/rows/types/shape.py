"""The shape of rows: which Python objects the columns of a chunk hold.

A shape is a tree. `Scalar` and `ListShape` are one Arrow column each. `Pickled` is one column of Python objects.
`Fields` (tuples, records, named tuples, dataclasses) has the columns of its children in order. If some rows are None, a
boolean column comes first that is True for the rows that are not None.

`("a", 1)`, `("b", None)` → shape `(str, int)`, columns `["a", "b"]` and `[1, null]`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from glowray.rows.types.scalar_kinds import ScalarKind

FieldsKind = Literal["tuple", "record", "namedtuple", "dataclass"]
Path = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Scalar:
    """Values of one exact Python type, or None: one Arrow column."""

    kind: ScalarKind

    width = 1

    def __str__(self) -> str:
        return self.kind.name


@dataclass(frozen=True, slots=True)
class ListShape:
    """Lists, or tuples of varying length, whose elements have one shape: one Arrow list column."""

    container: Literal["list", "tuple"]
    element: Shape

    width = 1

    def __str__(self) -> str:
        return f"list[{self.element}]" if self.container == "list" else f"tuple[{self.element}, ...]"


@dataclass(frozen=True, slots=True)
class Pickled:
    """Python objects that Arrow cannot hold exactly: one PickledColumn."""

    width = 1

    def __str__(self) -> str:
        return "pickled"


@dataclass(frozen=True, slots=True)
class Fields:
    """Objects with a fixed number of fields: tuples, dicts with the same str keys, named tuples, dataclasses.

    `cls` is the class of named tuples and dataclasses. If `optional`, the first column says which rows are not None.
    """

    kind: FieldsKind
    names: tuple[str, ...]
    children: tuple[Shape, ...]
    optional: bool = False
    cls: type | None = None

    @property
    def width(self) -> int:
        """Return the number of columns."""
        return self.optional + sum(child.width for child in self.children)

    @property
    def outline(self) -> tuple[object, ...]:
        """Return what two shapes of the same fields have in common, whatever the shapes of their fields."""
        return self.kind, self.cls, self.names, len(self.children)

    @property
    def is_pair(self) -> bool:
        """Return whether all rows are keyed rows: 2-tuples, none of them None."""
        return self.kind in ("tuple", "namedtuple") and len(self.children) == 2 and not self.optional

    def spans(self) -> Iterator[tuple[Shape, int, int]]:
        """Yield (child, start, stop): the child's columns are `columns[start:stop]` of this shape's columns."""
        start = int(self.optional)
        for child in self.children:
            yield child, start, start + child.width
            start += child.width

    def __str__(self) -> str:
        if self.kind == "tuple":
            inner = ", ".join(map(str, self.children)) + ("," if len(self.children) == 1 else "")
            text = f"({inner})"
        else:
            inner = ", ".join(f"{name}: {child}" for name, child in zip(self.names, self.children, strict=True))
            text = f"{{{inner}}}" if self.cls is None else f"{self.cls.__name__}({inner})"
        return text + "?" * self.optional


Shape = Scalar | ListShape | Fields | Pickled


def leaves(shape: Shape) -> Iterator[tuple[Path, Shape | None]]:
    """Yield (path of field numbers, shape) for each column of a shape, in order.

    The shape is None for the boolean column of optional fields.

    >>> from glowray.rows.codec.encode import encode
    >>> [path for path, leaf in leaves(encode([("a", (1, 2))])[0])]
    [(0,), (1, 0), (1, 1)]
    """
    if not isinstance(shape, Fields):
        yield (), shape
        return
    if shape.optional:
        yield (), None
    for index, child in enumerate(shape.children):
        for path, leaf in leaves(child):
            yield (index, *path), leaf


def has_pickled(shape: Shape) -> bool:
    """Return whether any column of the shape holds pickled objects."""
    return any(isinstance(leaf, Pickled) for _, leaf in leaves(shape))


def arrow_type(shape: Shape) -> pa.DataType:
    """Return the Arrow type of one array that holds all columns of a shape. Raises TypeError for pickled columns."""
    if isinstance(shape, Scalar):
        return shape.kind.arrow
    if isinstance(shape, ListShape):
        return pa.large_list(arrow_type(shape.element))
    if isinstance(shape, Fields):
        return pa.struct([(str(index), arrow_type(child)) for index, child in enumerate(shape.children)])
    raise TypeError("pickled objects have no Arrow type")


def assemble(shape: Shape, columns: list[Any]) -> pa.Array:
    """Return one Arrow array of a shape's columns, with structs for fields. Copies no data. None may be pickled."""
    if not isinstance(shape, Fields):
        return columns[0]
    children = [assemble(child, columns[start:stop]) for child, start, stop in shape.spans()]
    missing = pa.compute.invert(columns[0]) if shape.optional else None
    if not children:
        assert missing is not None
        bits = columns[0]
        return pa.StructArray.from_buffers(pa.struct([]), len(bits), [pa.compute.and_(bits, bits).buffers()[1]])
    return pa.StructArray.from_arrays(children, fields=list(arrow_type(shape)), mask=missing)


def explode(shape: Shape, array: pa.Array) -> list[Any]:
    """Return the columns of a shape from the array that `assemble` made."""
    if not isinstance(shape, Fields):
        return [array]
    columns: list[Any] = [array.is_valid()] if shape.optional else []
    for child, part in zip(shape.children, array.flatten(), strict=True):
        columns += explode(child, part)
    return columns
