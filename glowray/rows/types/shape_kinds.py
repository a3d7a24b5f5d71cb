"""The ways between shapes of columns and kinds of expressions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from glowray.rows.types.kinds import Kind, ListOf, Maybe, Opaque, RecordOf, TupleOf, holds_list
from glowray.rows.types.scalar_kinds import NONE, scalar_kind
from glowray.rows.types.shape import Fields, ListShape, Scalar, Shape

_SAMPLES: dict[type, Any] = {int: 0, float: 0.0, bool: False, str: ""}
_SHAPES: dict[type, Scalar] = {}
_TYPES: dict[str, type] = {cls.__name__: cls for cls in _SAMPLES}


def kind_of(shape: Shape) -> Kind | None:
    """Return the kind of rows of a shape, or None if column programs have no kind for it.

    >>> kind_of(Fields("record", ("n",), (shape_of(int),)))
    RecordOf(fields=(('n', <class 'int'>),))
    """
    if isinstance(shape, Scalar):
        return _TYPES.get(shape.kind.name) or (None if shape.kind == NONE else Opaque(shape.kind))
    if isinstance(shape, ListShape):
        element = kind_of(shape.element) if shape.container == "list" else None
        return None if element is None or isinstance(element, Maybe) or holds_list(element) else ListOf(element)
    if not isinstance(shape, Fields) or shape.cls is not None or not shape.children:
        return None
    if shape.optional:
        inner = kind_of(replace(shape, optional=False))
        return Maybe(inner) if isinstance(inner, TupleOf | RecordOf) and not holds_list(inner) else None
    kinds = [kind_of(child) for child in shape.children]
    known = [kind for kind in kinds if kind is not None]
    if len(known) < len(kinds):
        return None
    return TupleOf(tuple(known)) if shape.kind == "tuple" else RecordOf(tuple(zip(shape.names, known, strict=True)))


def shape_of(kind: Kind) -> Shape:
    """Return the shape of rows of a kind: the inverse of `kind_of`."""
    if isinstance(kind, Maybe):
        shape = shape_of(kind.kind)
        assert isinstance(shape, Fields)
        return replace(shape, optional=True)
    if isinstance(kind, TupleOf):
        return Fields("tuple", (), tuple(map(shape_of, kind.fields)))
    if isinstance(kind, RecordOf):
        names, kinds = zip(*kind.fields, strict=True)
        return Fields("record", names, tuple(map(shape_of, kinds)))
    if isinstance(kind, ListOf):
        return ListShape("list", shape_of(kind.element))
    if isinstance(kind, Opaque):
        return Scalar(kind.scalar)
    assert isinstance(kind, type)
    if kind not in _SHAPES:
        scalar = scalar_kind(kind, [_SAMPLES[kind]])
        assert scalar is not None
        _SHAPES[kind] = Scalar(scalar)
    return _SHAPES[kind]
