"""Writing JSON lines: a value of JSON a line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from math import isfinite
from typing import Any

from glowray.functions import Cause, Function
from glowray.functions.blame import Blame, note
from glowray.functions.replay import Attempt, call_with
from glowray.io.field_names import FieldNames
from glowray.io.json.array import as_row
from glowray.io.record_columns import RecordColumns, given_columns
from glowray.io.sink import CallingSink, FileWriter, LineSink
from glowray.rows.objects.pickling import as_list

_OPTIONS: dict[str, Any] = {"ensure_ascii": False, "allow_nan": False, "separators": (",", ":")}


@dataclass(frozen=True)
class JsonSink(LineSink, CallingSink):
    """Writes rows as JSON lines in UTF-8.

    With `columns` all lines are objects of these: the names of the fields of rows that are no dicts. Without `default`,
    a value that JSON would not give back with its type is refused. With it, values are written as by json.dumps().
    """

    suffix = ".json"
    columns: tuple[str, ...] | None = None
    default: Function | None = None

    def __post_init__(self) -> None:
        given_columns("write_json", self.columns, None)

    @property
    def needs_rows(self) -> bool:
        return True

    @property
    def functions(self) -> tuple[Function, ...]:
        return () if self.default is None else (self.default,)

    def open(self, folder: str, index: int) -> FileWriter:
        return FileWriter(folder, index, self.compression, JsonEncoder(self))


class JsonEncoder:
    """Encodes rows as lines of JSON."""

    def __init__(self, sink: JsonSink) -> None:
        self._named = FieldNames("write_json", sink.columns)
        self._columns = None if sink.columns is None else RecordColumns("write_json", sink.columns)
        self._line = _line if sink.default is None else DefaultLines(sink.default).line

    def head(self) -> bytes:
        return b""

    def encode(self, rows: list[Any]) -> bytes:
        try:
            lines = map(self._line, self._records(rows))
            return b"".join(lines if set(map(type, rows)) == {dict} else map(as_row, lines))
        except RecursionError:
            raise ValueError("a row nests its values too deep to be written as JSON: map it first") from None

    def _records(self, rows: list[Any]) -> list[Any]:
        """Return the rows as dicts of the columns, if there are any."""
        rows, columns = self._named.records(rows), self._columns
        if columns is None or columns.are_plain(rows):
            return rows
        return [dict(zip(columns.names, columns.values(row), strict=True)) for row in rows]


class DefaultLines:
    """Writes rows as json.dumps() does with a `default`, but refuses NaN.

    >>> DefaultLines(Function.of(str, "write_json", spreads=False)).line({1: (Decimal("1.10"), None)})
    b'{"1":["1.10",null]}\\n'
    """

    def __init__(self, default: Function) -> None:
        self._function = default
        self._encode = json.JSONEncoder(default=self._replaced, **_OPTIONS).encode
        self._row: Any = None
        self._raised: BaseException | None = None

    def line(self, row: Any) -> bytes:
        """Return the line of a row."""
        self._row = row
        try:
            text = self._encode(row)
        except (TypeError, ValueError) as error:
            if error is self._raised:
                raise
            plain = self._plain(row)
            _check(plain, "")
            text = _encode_big(plain)
        return _encoded(text)

    def _replaced(self, value: Any) -> Any:
        """Return the user's `default(value)`, which is written in place of a value without a JSON form."""
        if (items := as_list(value)) is not value:
            return items
        try:
            return self._function.call(value)
        except BaseException as error:
            self._raised = error
            attempt = Attempt(call_with, self._function, (value,))
            note(error, Blame(row=self._row, cause=Cause(self._function, self._row, attempt)))
            raise

    def _plain(self, value: Any) -> Any:
        """Return a value as the values that JSON has, of the very types."""
        if isinstance(value, str):
            return str.__str__(value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return int.__int__(value)
        if isinstance(value, float):
            return float.__float__(value)
        if isinstance(value, list | tuple):
            return list(map(self._plain, value))
        if isinstance(value, dict):
            return {_key(key): self._plain(item) for key, item in value.items()}
        return self._plain(self._replaced(value))


def _key(key: Any) -> Any:
    """Return a key of a dict as the str that json.dumps() writes; another key as it is."""
    if isinstance(key, str):
        return str.__str__(key)
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    if isinstance(key, int):
        return int.__repr__(key)
    return float.__repr__(key) if isinstance(key, float) else key


_SCALARS = {str, int, float, bool, type(None)}
_encode = json.JSONEncoder(**_OPTIONS).encode


def _line(row: Any) -> bytes:
    # The encoder itself refuses NaN and infinities.
    flat = type(row) is dict and set(map(type, row)) <= {str} and set(map(type, row.values())) <= _SCALARS
    if not flat:
        row = _with_lists(row)
        _check(row, "")
    try:
        text = _encode(row)
    except ValueError:
        _check(row, "")
        text = _encode_big(row)
    return _encoded(text)


def _encoded(text: str) -> bytes:
    try:
        return f"{text}\n".encode()
    except UnicodeEncodeError:
        return _escaped(text)


def _with_lists(value: Any) -> Any:
    """Return the value with large groups replaced by lists."""
    kind = type(value)
    if kind is dict:
        return {key: _with_lists(item) for key, item in value.items()}
    value = as_list(value)
    return list(map(_with_lists, value)) if type(value) is list else value


def _check(value: Any, where: str) -> None:
    """Raise an error that names the column if JSON has no exact form for the value."""
    kind = type(value)
    if kind is float and not isfinite(value):
        raise ValueError(f"JSON has no {value} ({_column(where)}): map it to None or a string first")
    if kind in _SCALARS:
        return
    if kind is list:
        for index, item in enumerate(value):
            _check(item, f"{where}[{index}]")
    elif kind is dict:
        for key, item in value.items():
            if type(key) is not str:
                raise TypeError(f"JSON has only str keys, not {key!r} ({_column(where)}): map it first")
            _check(item, f"{where}.{key}" if where else key)
    else:
        raise TypeError(
            f"JSON has no {kind.__qualname__} ({_column(where)}), {value!r:.200}: map it first, or give default="
        )


def _column(where: str) -> str:
    return f'column "{where}"' if where else "the row itself"


def _encode_big(value: Any) -> str:
    """Encode a value that holds ints of more than 4,300 digits."""
    if type(value) is dict:
        return "{" + ",".join(f"{_encode(key)}:{_encode_big(item)}" for key, item in value.items()) + "}"
    if type(value) is list:
        return "[" + ",".join(map(_encode_big, value)) + "]"
    return str(Decimal(value)) if type(value) is int else _encode(value)


@cache
def _escapes_of_halves() -> dict[int, str]:
    return {code: f"\\u{code:04x}" for code in range(0xD800, 0xE000)}


def _escaped(text: str) -> bytes:
    """Return a line with lone surrogates, which UTF-8 lacks, as JSON escapes them: "\\ud800".

    Raises ValueError if two surrogates in a row would be read back as one character.
    """
    line = text.translate(_escapes_of_halves())
    if json.loads(line, parse_int=Decimal) != json.loads(text, parse_int=Decimal):
        raise ValueError(f"JSON cannot keep the surrogate pair apart that is in {text[:200]!a}: map it first")
    return f"{line}\n".encode()
