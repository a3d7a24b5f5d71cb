"""Test that read_mongo() gives each document once, with exact values, for `_id`s of any types."""

from __future__ import annotations

import datetime as dt
from typing import Any

import bson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import glowray as gr
from glowray.io.mongo.collection import CollectionAddress
from glowray.io.mongo.reader import mongo_reader
from tests.effort import examples
from tests.engine.doubles import Lab
from tests.io.mongo.server import OPTIONS, MongoServer, rank, serving

IDS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text("ab"), st.binary(),
    st.builds(lambda data: bson.ObjectId(data), st.binary(min_size=12, max_size=12)),
    st.dictionaries(st.text("ab", min_size=1), st.integers(0, 9)), st.just(bson.MinKey()), st.just(bson.MaxKey()),
    st.datetimes(dt.datetime(1970, 1, 1)).map(lambda at: at.replace(microsecond=0)),
)  # fmt: skip


def stored(mongo: MongoServer, *documents: dict[str, Any], name: str = "words") -> None:
    """Put documents into a collection of the database `shop`, as BSON has them."""
    rows = (bson.decode(bson.encode(document), OPTIONS) for document in documents)
    mongo.collections["shop", name] = {rank(row["_id"]): row for row in rows}


def shape(value: Any) -> Any:
    """Return a value with the types of its parts, for comparing."""
    if isinstance(value, dict):
        return dict, [(name, shape(item)) for name, item in value.items()]
    return type(value), [shape(item) for item in value] if isinstance(value, list) else repr(value)


def test_glows_example(engine: Lab, mongo: MongoServer) -> None:
    stored(mongo, *({"_id": n, "text": text} for n, text in enumerate(["to be", "or not", "to be"])))
    lines = engine.flow().read_mongo(mongo.uri, "shop", "words", partitions=2)
    words = lines.flat_map(lambda document: document["text"].split()).map(lambda word: (word, 1))
    assert words.reduce_by_key(lambda a, b: a + b).to_dict() == {"to": 2, "be": 2, "or": 1, "not": 1}
    assert lines.num_partitions == 2 and lines.count() == 3


def test_every_value_of_bson(engine: Lab, mongo: MongoServer) -> None:
    document = {
        "_id": bson.ObjectId(), "int": 5, "long": bson.Int64(5), "big": bson.Int64(2**62), "float": 5.0,
        "decimal": bson.Decimal128("1.10"), "text": "é\0", "bytes": b"\xff", "uuid": bson.Binary(b"0" * 16, 4),
        "at": dt.datetime(2013, 1, 1, 0, 0, 0, 5000), "far": bson.DatetimeMS(10**15), "none": None, "yes": True,
        "list": [1, [None], {"a": 1}], "record": {"b": 1, "a": bson.Int64(2)}, "stamp": bson.Timestamp(1, 2),
        "regex": bson.Regex("a", 2), "code": bson.Code("f()"), "least": bson.MinKey(), "most": bson.MaxKey(),
    }  # fmt: skip
    stored(mongo, document)
    (row,) = engine.flow().read_mongo(mongo.uri, "shop", "words").collect()
    assert shape(row) == shape(document)


@pytest.mark.parametrize("partitions", [1, 2, 3, 7, 40])
def test_ids_of_mixed_types(mongo: MongoServer, partitions: int) -> None:
    ids = [None, 1, 2.5, bson.Int64(7), "a", "b", {"a": 1}, {"a": "x"}, b"0", bson.ObjectId(), True, bson.MaxKey()]
    stored(mongo, *({"_id": each} for each in ids))
    reader = mongo_reader(CollectionAddress(mongo.uri, "shop", "words"), {}, partitions)
    parts = [[row["_id"] for rows in reader.read(index) for row in rows] for index in range(reader.num_partitions)]
    assert len(parts) == partitions
    assert [each for part in parts for each in part] == sorted(ids, key=rank)
    assert partitions > 12 or max(map(len, parts)) <= -(-len(ids) // partitions)


@settings(max_examples=examples(40))
@given(st.lists(IDS, max_size=30), st.integers(1, 8))
def test_each_document_once(ids: list[Any], partitions: int) -> None:
    with serving() as mongo:
        stored(mongo, *({"_id": each} for each in ids))
        reader = mongo_reader(CollectionAddress(mongo.uri, "shop", "words"), {}, partitions)
        found = [row["_id"] for index in range(reader.num_partitions) for rows in reader.read(index) for row in rows]
        assert list(map(rank, found)) == sorted(set(map(rank, ids)))


def test_a_query_and_more_than_one_batch(mongo: MongoServer) -> None:
    stored(mongo, *({"_id": n, "even": n % 2 == 0} for n in range(1000)))
    rows = gr.Flow(engine="inline").read_mongo(mongo.uri, "shop", "words", {"even": True}, partitions=3)
    assert rows.map(lambda row: row["_id"]).collect() == list(range(0, 1000, 2))
    assert mongo.commands.count("getMore") >= 3
    assert [len(part) for part in rows.map_partitions(lambda part: [list(part)]).collect()] == [167, 167, 166]


def test_documents_that_arrive_after_the_call_are_read(mongo: MongoServer) -> None:
    stored(mongo, *({"_id": n} for n in range(4)))
    rows = gr.Flow(engine="inline").read_mongo(mongo.uri, "shop", "words", partitions=2)
    stored(mongo, *({"_id": n} for n in range(-2, 6)))
    assert [row["_id"] for row in rows.collect()] == list(range(-2, 6))


def test_a_view_is_one_range(mongo: MongoServer) -> None:
    stored(mongo, {"_id": 1}, {"_id": 2})
    mongo.views["shop", "seen"] = "words"
    rows = gr.Flow(engine="inline").read_mongo(mongo.uri, "shop", "seen", partitions=2)
    assert rows.map_partitions(lambda part: [len(list(part))]).collect() == [2, 0]


def test_the_size_of_a_collection_decides_on_partitions(mongo: MongoServer) -> None:
    stored(mongo, *({"_id": n, "text": "x" * (5 << 20)} for n in range(4)))
    assert gr.Flow(engine="inline").read_mongo(mongo.uri, "shop", "words").num_partitions == 2


def test_an_empty_collection_has_no_rows(mongo: MongoServer) -> None:
    stored(mongo)
    assert gr.Flow(engine="inline").read_mongo(mongo.uri, "shop", "words", partitions=3).collect() == []


def test_a_collection_that_is_not_there(mongo: MongoServer) -> None:
    with pytest.raises(ValueError, match=r'read_mongo\(\): the database "shop" has no collection "nothing"'):
        gr.read_mongo(mongo.uri, "shop", "nothing")


def test_a_password_is_never_shown(mongo: MongoServer) -> None:
    stored(mongo, {"_id": 1})
    uri = mongo.uri + "?appName=s3cr3t"
    rows = gr.Flow(engine="inline").read_mongo(uri, "shop", "words")
    reader = mongo_reader(CollectionAddress(uri, "shop", "words"))
    assert all("s3cr3t" not in text for text in (rows.explain(), repr(rows), repr(reader), rows.plot() or ""))
    with pytest.raises(TypeError) as caught:
        gr.read_mongo(uri.encode(), "shop", "words")  # type: ignore[arg-type]
    assert "s3cr3t" not in str(caught.value) and "uri must be a str, got a bytes" in str(caught.value)
