"""A capsule of an Arrow C stream whose table is made when the stream is first read.

pyarrow exports a stream together with its schema, but here the schema is known only after the job has run.
So this module fills the C struct itself (https://arrow.apache.org/docs/format/CStreamInterface.html).
The struct's callbacks make the table at their first call, let pyarrow export it, and forward to that stream.
"""

from __future__ import annotations

import ctypes
import errno
import itertools
from collections.abc import Callable
from typing import Any

import pyarrow as pa

_NAME = b"arrow_array_stream"


_GetSchema = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_GetNext = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_GetLastError = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
_Release = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class _Stream(ctypes.Structure):
    """struct ArrowArrayStream. private_data is a number and not an address, as the consumer may move the struct."""

    _fields_ = (
        ("get_schema", _GetSchema),
        ("get_next", _GetNext),
        ("get_last_error", _GetLastError),
        ("release", _Release),
        ("private_data", ctypes.c_void_p),
    )


class _Lazy:
    """The state of one stream: how to make the table, and pyarrow's stream of it once it is made."""

    def __init__(self, make: Callable[[], pa.Table], schema: pa.Schema | None) -> None:
        self.make, self.schema = make, schema
        self.inner: _Stream | None = None
        self.error: ctypes.Array[ctypes.c_char] | None = None

    def opened(self) -> _Stream:
        if self.inner is None:
            table = self.make()
            if self.schema is not None and self.schema != table.schema:
                table = table.cast(self.schema)
            inner = _Stream()
            table.to_reader()._export_to_c(ctypes.addressof(inner))
            self.inner = inner
        return self.inner

    def close(self) -> None:
        if self.inner is not None:
            self.inner.release(ctypes.addressof(self.inner))
            self.inner = None


_open: dict[int, _Lazy] = {}
_numbers = itertools.count(1)


def stream_capsule(make: Callable[[], pa.Table], requested_schema: Any = None) -> Any:
    """Return a PyCapsule of a stream of the table that `make` returns, cast to the requested schema if there is one."""
    schema = None if requested_schema is None else pa.Schema._import_from_c_capsule(requested_schema)
    # Take pyarrow's capsule of an empty stream and put our stream in its place: its destructor is written in C.
    # A destructor in Python would run while a consumer drops the capsule after an error, and would lose that error.
    capsule = pa.RecordBatchReader.from_batches(pa.schema([]), []).__arrow_c_stream__()
    stream = _Stream.from_address(_capsule_pointer(capsule, _NAME))
    stream.release(ctypes.addressof(stream))
    number = next(_numbers)
    _open[number] = _Lazy(make, schema)
    stream.get_schema, stream.get_next, stream.get_last_error, stream.release = _CALLBACKS
    stream.private_data = number
    return capsule


def _lazy(address: int) -> _Lazy:
    return _open[_Stream.from_address(address).private_data]


def _forwarded(address: int, call: Callable[[_Stream, int], int]) -> int:
    """Call the inner stream. Return 0 or an errno, whose text get_last_error then returns."""
    lazy = _lazy(address)
    lazy.error = None
    try:
        inner = lazy.opened()
    except BaseException as error:  # nothing may leave a callback: the caller is C
        text = "\n".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", ())])
        lazy.error = ctypes.create_string_buffer(text.replace("\0", " ").encode(errors="replace"))
        return errno.EIO
    return call(inner, ctypes.addressof(inner))


def _get_schema(address: int, out: int) -> int:
    return _forwarded(address, lambda inner, place: inner.get_schema(place, out))


def _get_next(address: int, out: int) -> int:
    return _forwarded(address, lambda inner, place: inner.get_next(place, out))


def _get_last_error(address: int) -> int | None:
    lazy = _lazy(address)
    if lazy.error is not None:
        return ctypes.addressof(lazy.error)
    return lazy.inner.get_last_error(ctypes.addressof(lazy.inner)) if lazy.inner is not None else None


def _release(address: int) -> None:
    _open.pop(_Stream.from_address(address).private_data).close()
    ctypes.c_void_p.from_address(address + _Stream.release.offset).value = None


_CALLBACKS = (_GetSchema(_get_schema), _GetNext(_get_next), _GetLastError(_get_last_error), _Release(_release))

_capsule_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_capsule_pointer.restype = ctypes.c_void_p
_capsule_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
