"""Test that JSON lines as columns hold what json.loads gives, and that lines of other shapes come between them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glowray as gr
from glowray.io.json.json_lines import json_reader
from glowray.io.json.record_lines import expected_shape
from glowray.native import compiled
from tests.effort import examples
from tests.loops import BOTH, using

PLAIN = '{"i": 1, "f": 0.5, "s": "a", "b": true, "l": [1]}'
INTS = [
    "0",
    "-0",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "1" * 30,
    "1" * 4999,
    "01",
    "+1",
]
FLOATS = [
    "0.1",
    "-0.0",
    "1e5",
    "1E-7",
    "1e999",
    "NaN",
    "-Infinity",
    "0." + "3" * 40,
    "2.2250738585072011e-308",
    "1.",
    ".5",
]
TEXTS = [
    '""',
    '"é😀"',
    r'"\""',
    r'"\u00e9\ud83d\ude00"',
    r'"\ud800"',
    r'"\x41"',
    r'"\u12g4"',
    '"\t"',
    '"a\u2028b"',
    r'"\\"',
]
VALUES = {
    "i": st.sampled_from(INTS) | st.integers().map(str),
    "f": st.sampled_from(FLOATS) | st.floats(allow_nan=False, allow_infinity=False).map(repr),
    "s": st.sampled_from(TEXTS) | st.text(st.characters(exclude_categories=["Cs"])).map(json.dumps),
    "b": st.sampled_from(["true", "false", "True", "1"]),
    "l": st.sampled_from(
        ["[]", "[2, 3]", "[null]", '["x"]', "[1,]", '{"a": 1, "a": 2}', "[[[1]]]", "[" * 40 + "]" * 40]
    ),
}
BLANK = st.sampled_from(["", " ", "\t"])


@st.composite
def lines_of_records(draw: st.DrawFn) -> str:
    """Return a line like PLAIN with hostile values, perhaps with other keys, a missing key, or something else."""
    names = draw(st.sampled_from(["ifsbl"] * 6 + ["fisbl", "ifsb", "ifsblx", "ifsbli", ""]))
    odd = st.sampled_from(["null", "null", "nul", '"x"', "7", "1.5"])
    fields = []
    for name in names:
        value = draw(st.one_of(VALUES.get(name, odd), VALUES.get(name, odd), odd) if draw(st.booleans()) else st.none())
        plain = json.dumps(json.loads(PLAIN).get(name))
        fields.append(
            f'{draw(BLANK)}"{name}"{draw(BLANK)}:{draw(BLANK)}{plain if value is None else value}{draw(BLANK)}'
        )
    line = draw(BLANK) + "{" + ",".join(fields) + "}" + draw(BLANK)
    return draw(
        st.sampled_from([line] * 8 + ["", " ", "[1]", "null", line + "x", line[:-1], r'{"\u0069": 1}', line + "\r"])
    )


def spelled(value: Any) -> Any:
    """Return a value with all types in it, the order of keys and every bit of floats."""
    if isinstance(value, dict):
        return [(key, spelled(item)) for key, item in value.items()]
    if isinstance(value, list):
        return list(map(spelled, value))
    return type(value), value.hex() if isinstance(value, float) else hex(value) if isinstance(value, int) else value


def outcome(parts: Any) -> Any:
    """Return the rows of morsels or blocks up to an error, and the error."""
    rows: list[Any] = []
    try:
        for part in parts:
            rows += part if isinstance(part, list) else part.rows()
    except ValueError as error:
        return spelled(rows), str(error)
    return spelled(rows), None


@pytest.mark.parametrize("loops", BOTH, ids=[loops.name for loops in BOTH])
@settings(max_examples=examples(50))
@given(odd=st.lists(lines_of_records(), max_size=6), ends=st.sampled_from(["\n", "\r\n"]), is_ended=st.booleans())
def test_blocks_hold_what_rows_have(
    tmp_path_factory: pytest.TempPathFactory, loops: Any, odd: list[str], ends: str, is_ended: bool
) -> None:
    path = tmp_path_factory.mktemp("json") / "a.json"
    lines = [PLAIN] * 90
    for place, line in enumerate(odd):
        lines.insert(60 + 3 * place, line)
    path.write_bytes((ends.join(lines) + ends * is_ended).encode())
    reader = json_reader(path, 1, lines=True)
    assert reader.fields == tuple("ifsbl")
    with using(loops):
        assert outcome(reader.read_blocks(0)) == outcome(reader.read(0))
        few, every = outcome(reader.pruned(["s", "i"]).read_blocks(0)), outcome(reader.read(0))
    assert few[1] == every[1] and len(few[0]) == len(every[0])


@settings(max_examples=examples(50))
@given(value=st.one_of(*(VALUES[name].map(lambda text, name=name: (name, text)) for name in "ifsb")))
def test_one_line_of_another_type_stands_alone_between_blocks(
    tmp_path_factory: pytest.TempPathFactory, value: tuple[str, str]
) -> None:
    name, text = value
    path = tmp_path_factory.mktemp("json") / "a.json"
    other = PLAIN.replace(f'"{name}": {json.dumps(json.loads(PLAIN)[name])}', f'"{name}": {text}')
    path.write_text("\n".join([PLAIN] * 600 + [other] + [PLAIN] * 600), encoding="utf-8")
    reader = json_reader(path, 1)
    found = outcome(reader.read_blocks(0))
    assert found == outcome(reader.read(0))
    if found[1] is None:
        lists = [part for part in reader.read_blocks(0) if isinstance(part, list)]
        assert [len(part) for part in lists] in ([], [1])


def test_bytes_that_are_no_text_are_an_error_after_the_rows_before_them(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"\xef\xbb\xbf" + (PLAIN + "\n").encode() * 3000 + b'{"i": "\xff"}\n')
    reader = json_reader(tmp_path / "a.json", 1)
    assert reader.fields == tuple("ifsbl")
    for read in (reader.read, reader.read_blocks):
        with pytest.raises(UnicodeDecodeError):
            list(read(0))


def test_frequent_records_are_expected() -> None:
    rows = [{"a": 1, "b": 0.5}] * 19 + [{"a": 1}]
    assert str(expected_shape(rows)) == "{a: int, b: float}"
    assert str(expected_shape([{"a": 1}, {"a": None}, {"a": "x"}, {"a": 2}])) == "{a: int}"
    for none in ([], [1], [{}], [{"a": 1}, {"b": 1}], [{'"': 1}], [{"\ud800": 1}]):
        assert expected_shape(none) is None


def test_results_that_are_too_small_are_refused() -> None:
    found = compiled.json_values(b"{}", (b'"a"',), 1)
    assert found is not None and found.found.tolist() == [0]
    with pytest.raises(ValueError, match="needs 2 bytes"):
        compiled.records.values(b"{}", (b'"a"',), 2, *found)
    with pytest.raises(ValueError, match="no more lines than bytes"):
        compiled.records.values(b"{}", (b'"a"',), 3, *found)


CHAINS: dict[str, Any] = {
    "mean": lambda ds: ds.filter(lambda r: r["f"] > 20).map(lambda r: r["f"]).mean(),
    "count": lambda ds: sorted(ds.map(lambda r: r["s"]).count_by_value().collect()),
    "tuple": lambda ds: ds.map(lambda r: (r["s"], r["i"] + 1, r["n"])).collect(),
    "records": lambda ds: ds.filter(lambda r: r["b"]).collect(),
}


@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS)
def test_plain_records_reach_columns(tmp_path: Path, flow: Any, chain: Any) -> None:
    rows = [{"i": i, "f": i / 7, "s": f"é{i % 5}\n", "b": i % 2 == 0, "n": None if i % 3 else "x"} for i in range(300)]
    (tmp_path / "a.json").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    found = chain(flow.read_json(tmp_path / "a.json", partitions=2))
    assert flow.stats.stages[0].rows_by_level == {"arrow": 300, "fused": 0, "python": 0}
    assert found == chain(gr.Flow(engine="inline", vectorize=False).from_items(rows, partitions=2))


def test_odd_lines_go_to_python_alone(tmp_path: Path, flow: Any) -> None:
    lines = [json.dumps({"a": i, "b": "x" * 40}) for i in range(2000)]
    lines[700] = '{"a": 1e3, "b": "y"}'
    lines[1500:1502] = ['{"b": "z", "a": 1}', "no JSON"]
    (tmp_path / "a.json").write_text("\n".join(lines))
    refusing = gr.Flow(engine="inline", on_error="collect")
    rows = refusing.read_json(tmp_path / "a.json").map(lambda r: (r["a"] + 1, r["b"])).collect()
    assert len(rows) == 1999 and rows[699:702] == [(700, "x" * 40), (1001.0, "y"), (702, "x" * 40)]
    assert rows[1500] == (2, "z") and [error.row for error in refusing.errors] == ["no JSON"]
    assert refusing.stats.stages[0].rows_by_level["python"] <= 3
    assert flow.read_json(tmp_path / "a.json").map(lambda r: r["b"]).take(1501)[-1] == "z"


INNER = st.sampled_from(
    [
        '{"k": 1, "t": "x"}',
        '{"k":-7,"t":"é\\n"}',
        '{"k": null, "t": null}',
        '{"k": 1.5, "t": "x"}',
        '{"t": "x", "k": 1}',
        '{"k": 1}',
        "{}",
        "null",
        "[1]",
        '"x"',
        "7",
        '{"k": 1, "t": "x", "u": 2}',
        '{"k": 1, "k": 2}',
        '{ "k" : 1 , "t" : "{" }',
        '{"k": 1, "t": "\\ud800"}',
        '{"k": 99999999999999999999, "t": ""}',
        '{"k": 1, "t": {"k": 1}}',
        '{"k": 1,}',
    ]
)


@pytest.mark.parametrize("first", ["null", '{"k": 3, "t": "é"}'], ids=["optional", "always there"])
@pytest.mark.parametrize("loops", BOTH, ids=[loops.name for loops in BOTH])
@settings(max_examples=examples(50))
@given(inner=st.lists(INNER, max_size=6))
def test_records_within_records_are_columns(
    tmp_path_factory: pytest.TempPathFactory, loops: Any, first: str, inner: list[str]
) -> None:
    path = tmp_path_factory.mktemp("json") / "a.json"
    texts = [first, '{"k": 1, "t": "x"}'] * 500
    for place, text in enumerate(inner):
        texts.insert(600 + 3 * place, text)
    path.write_text("".join(f'{{"a": {place}, "r": {text}, "z": 0}}\n' for place, text in enumerate(texts)))
    reader = json_reader(path, 1, lines=True)
    with using(loops):
        assert outcome(reader.read_blocks(0)) == outcome(reader.read(0))
        assert outcome(reader.pruned(["r"]).read_blocks(0))[1] == outcome(reader.read(0))[1]


def test_a_record_that_is_missing_stays_in_columns(tmp_path: Path, flow: Any) -> None:
    rows = [{"a": i, "r": None if i % 3 == 0 else {"k": i, "t": None if i % 5 == 0 else "é"}} for i in range(400)]
    (tmp_path / "a.json").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = (
        flow.read_json(tmp_path / "a.json").filter(lambda e: e["a"] > 1).map(lambda e: e["r"]["k"] if e["r"] else -1)
    )
    assert found.collect() == [row["r"]["k"] if row["r"] else -1 for row in rows[2:]]
    assert flow.stats.stages[0].rows_by_level == {"arrow": 400, "fused": 0, "python": 0}


def bought(event: dict[str, Any]) -> tuple[str, tuple[float, int]] | None:
    if event["b"] is None:
        return None
    return event["a"], (event["b"], 1)


def test_folds_stay_columns_behind_a_row_of_python_and_a_filter_of_none(tmp_path: Path, flow: Any) -> None:
    lines = [json.dumps({"a": "xyz"[i % 3], "b": None if i % 7 == 0 else i / 4}) for i in range(900)]
    lines[500] = '{"b": 1.5, "a": "x"}'
    (tmp_path / "a.json").write_text("\n".join(lines))
    rows = flow.read_json(tmp_path / "a.json").map(bought).filter(lambda pair: pair is not None)
    found = rows.reduce_by_key(lambda a, b: (a[0] + b[0], a[1] + b[1])).collect()
    assert flow.stats.stages[0].rows_by_level == {"arrow": 899, "fused": 0, "python": 1}
    plain = gr.Flow(engine="inline", vectorize=False).read_json(tmp_path / "a.json").map(bought).filter(bool)
    assert sorted(found) == sorted(plain.reduce_by_key(lambda a, b: (a[0] + b[0], a[1] + b[1])).collect())
    kept = flow.read_json(tmp_path / "a.json").map(bought).filter(lambda pair: pair is None or pair[1][0] > 9)
    assert kept.collect() == [row for row in map(bought, map(json.loads, lines)) if row is None or row[1][0] > 9]
