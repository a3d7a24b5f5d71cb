"""Test that a column of CSV text becomes the values that its type gives for each text."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest

from glowray.io.csv.column_types import conversions
from glowray.io.csv.column_values import converted
from glowray.rows.codec.decode import decode
from tests.oracle.exact import fingerprint

INTS = ["1", None, " 2", "+3", "1_0", "007", "-0", "", "٣", str(2**63 - 1), str(-(2**63)), "1.5"]
FLOATS = ["1.5", None, "nan", "-inf", "1e400", "-0.0", " 2 ", "1_0.5", "0x1", "", "123456789012345678901234567890"]
TEXTS: list[tuple[Any, list[str | None]]] = [
    (int, [text for text in INTS if text not in ("", "1.5")]),
    (int, ["1", str(2**63), None]),
    (int, INTS),
    (float, [text for text in FLOATS if text not in ("", "0x1")]),
    (float, FLOATS),
    (bool, ["true", "False", "1", None] * 9),
    (bool, ["true", "yes"] * 9),
    (dt.date, ["2013-01-01", None, "2013-12-31"] * 9),
    (dt.datetime, ["2013-01-01T05:00:00", "2013-01-01T05:00:00+02:00"] * 9),
    (lambda text: (text, 1), ["a", None, "a"]),
    (int, []),
    (int, [None, None]),
]


@pytest.mark.parametrize(("cls", "texts"), TEXTS, ids=lambda value: str(value)[:20])
def test_each_text_is_converted(cls: Any, texts: list[str | None]) -> None:
    convert = conversions({"a": cls})["a"]
    expected: Any
    try:
        expected = [None if text is None else convert(text) for text in texts]
    except ValueError as error:
        expected = error
    array = pa.array(["cut off", *texts], pa.large_string())[1:]
    if isinstance(expected, ValueError):
        with pytest.raises(ValueError, match=r".") as caught:
            converted(array, convert)
        assert str(caught.value) == str(expected)
    else:
        assert fingerprint(decode(*converted(array, convert), len(texts))) == fingerprint(expected)
