"""Test that write_mongo() writes all rows or none, and each once even if tasks run again."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glowray as gr
from glowray.errors import CommitConflict
from glowray.io.mongo.collection import CollectionAddress
from glowray.io.mongo.documents import DocumentIds
from glowray.io.mongo.staging import MongoSink
from tests.engine.doubles import Lab
from tests.io.mongo.server import Document, MongoServer, Refused

ROWS = [{"_id": n, "text": f"t{n}"} for n in range(10)]


def inline(rows: list[Any], partitions: int = 3) -> gr.Dataset[Any]:
    return gr.Flow(engine="inline").from_items(rows, partitions)


def content(mongo: MongoServer, name: str = "words") -> list[Document]:
    return mongo.documents("shop", name)


def names(mongo: MongoServer) -> set[str]:
    return {name for _, name in mongo.collections}


def test_rows_come_back(engine: Lab, mongo: MongoServer) -> None:
    rows = [*ROWS, {"_id": None, "a": [1, {"b": None}], "at": dt.datetime(2013, 1, 1, 0, 0, 0, 5000), "x": b"\xff"}]
    written = engine.flow().from_items(rows, 3).write_mongo(mongo.uri, "shop", "words")
    assert (written.files, written.rows) == (0, 11) and written.bytes == sum(map(len, map(bson.encode, rows)))
    assert names(mongo) == {"words"}
    back = engine.flow().read_mongo(mongo.uri, "shop", "words").collect()
    assert sorted(map(repr, back)) == sorted(map(repr, rows))


def test_rows_without_id_get_one(engine: Lab, mongo: MongoServer) -> None:
    rows = engine.flow().from_items([{"n": n % 3} for n in range(60)], 2)
    rows.write_mongo(mongo.uri, "shop", "words")
    assert sorted(row["n"] for row in content(mongo)) == sorted(n % 3 for n in range(60))
    assert all(list(row) == ["_id", "n"] and type(row["_id"]) is bson.ObjectId for row in content(mongo))
    assert engine.flow().from_items([{"n": 1}]).collect() == [{"n": 1}]


def test_modes(mongo: MongoServer) -> None:
    rows = inline(ROWS)
    rows.write_mongo(mongo.uri, "shop", "words")
    with pytest.raises(FileExistsError, match=r'the collection "shop.words" is not empty: choose another, mode='):
        rows.write_mongo(mongo.uri, "shop", "words")
    inline([{"_id": 10}]).write_mongo(mongo.uri, "shop", "words", mode="append")
    assert content(mongo) == [*ROWS, {"_id": 10}]
    inline([{"_id": 1}]).write_mongo(mongo.uri, "shop", "words", mode="overwrite")
    assert content(mongo) == [{"_id": 1}]
    assert names(mongo) == {"words"}
    with pytest.raises(ValueError, match=r"mode must be one of .*, not 'replace'"):
        rows.write_mongo(mongo.uri, "shop", "words", mode="replace")


@pytest.mark.parametrize("mode", ["error", "append", "overwrite"])
def test_no_rows_make_an_empty_collection(mongo: MongoServer, mode: str) -> None:
    assert inline([]).write_mongo(mongo.uri, "shop", "words", mode=mode).rows == 0
    assert mongo.collections == {("shop", "words"): {}}
    assert inline(ROWS).write_mongo(mongo.uri, "shop", "words").rows == 10


def test_a_failing_function_leaves_nothing(engine: Lab, mongo: MongoServer) -> None:
    rows = engine.flow().from_items(range(10), 2).map(lambda n: {"_id": 10 // (9 - n)})
    with pytest.raises(ZeroDivisionError):
        rows.write_mongo(mongo.uri, "shop", "words")
    assert mongo.collections == {}


COMMANDS = ["find", "create", "insert", "aggregate", "listCollections"]


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["append", "overwrite"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_server_that_refuses_leaves_the_target(mongo: MongoServer, mode: str, command: str) -> None:
    inline(ROWS).write_mongo(mongo.uri, "shop", "words")
    before = len(mongo.commands)
    inline([{"_id": 11}]).write_mongo(mongo.uri, "shop", "words", mode=mode)
    wanted = mongo.commands[before:].count(command)
    for nth in range(wanted):
        inline(ROWS).write_mongo(mongo.uri, "shop", "words", mode="overwrite")
        seen = 0

        def refuse(given: Document, nth: int = nth) -> None:
            nonlocal seen
            if next(iter(given)) == command:
                seen += 1
                if seen == nth + 1:
                    raise Refused(13, "not authorized")

        mongo.before = refuse
        with pytest.raises(Exception, match="not authorized"):
            inline([{"_id": 12}]).write_mongo(mongo.uri, "shop", "words", mode=mode)
        mongo.before = lambda given: None
        assert content(mongo) == ROWS and names(mongo) == {"words"}


def test_another_program_that_makes_the_collection(mongo: MongoServer) -> None:
    def interfere(command: Document) -> None:
        if next(iter(command)) == "renameCollection":
            mongo.collections["shop", "words"] = {1: {"_id": 1}}

    mongo.before = interfere
    with pytest.raises(CommitConflict, match=r'"shop.words" was made while the job ran: nothing was written'):
        inline(ROWS).write_mongo(mongo.uri, "shop", "words")
    assert content(mongo) == [{"_id": 1}] and names(mongo) == {"words"}


def test_an_id_that_is_there_already(mongo: MongoServer) -> None:
    inline(ROWS).write_mongo(mongo.uri, "shop", "words")
    with pytest.raises(ValueError, match=r'"shop.words" has a document with the _id 3 already'):
        inline([{"_id": 30}, {"_id": 3}]).write_mongo(mongo.uri, "shop", "words", mode="append")
    assert content(mongo) == ROWS and names(mongo) == {"words"}


@pytest.mark.parametrize("other", [{"_id": 1, "a": 2}, {"_id": 1, "a": 1.0}, {"_id": 1, "a": 1}])
@pytest.mark.parametrize("partitions", [1, 2])
def test_two_rows_of_one_id(mongo: MongoServer, other: Document, partitions: int) -> None:
    with pytest.raises(ValueError, match="_id"):
        inline([{"_id": 1, "a": 1}, other], partitions).write_mongo(mongo.uri, "shop", "words")
    assert mongo.collections == {}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (5, r"write_mongo\(\) needs dict rows, got 5"),
        ({"a": (1, 2)}, "MongoDB has no tuple: map it to a list, in the row"),
        ({"a": [{"b": (1, 2)}]}, "MongoDB has no tuple"),
        ({"a": dt.datetime(2013, 1, 1, 0, 0, 0, 1)}, "MongoDB stores milliseconds only"),
        ({"a": {1, 2}}, "cannot encode object: {1, 2}"),
        ({"a": Decimal(1)}, "cannot encode object"),
        ({"a": dt.date(2013, 1, 1)}, "cannot encode object"),
        ({1: 2}, "string keys"),
        ({"a": 2**63}, "8-byte ints"),
        ({"a\0": 1}, "null byte|NUL"),
        ({"a": uuid.UUID(int=5)}, "uuid"),
    ],
)
def test_rows_that_bson_lacks(mongo: MongoServer, row: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message) as caught:
        inline([{"a": 1}, row], 1).write_mongo(mongo.uri, "shop", "words")
    assert "partition" not in str(caught.value) and mongo.collections == {}


def test_an_option_of_the_uri_says_how_a_uuid_is_written(mongo: MongoServer) -> None:
    uri, row = mongo.uri + "?uuidRepresentation=standard", {"_id": uuid.UUID(int=5)}
    inline([row]).write_mongo(uri, "shop", "words")
    assert gr.Flow(engine="inline").read_mongo(uri, "shop", "words").collect() == [row]


@pytest.mark.parametrize("done", [0, 1, 1000, 1500, 2500])
def test_an_attempt_that_comes_again_inserts_nothing_twice(mongo: MongoServer, done: int) -> None:
    sink = MongoSink(CollectionAddress(mongo.uri, "shop", "staging"), DocumentIds(5, 7))
    rows = [{"n": n} if n % 2 else {"_id": n, "x": float("nan")} for n in range(2500)]
    first = sink.open("", 3)
    first.write(rows[:done])
    first.abort()
    again = sink.open("", 3)
    again.write(rows[:1700])
    again.write(rows[1700:])
    assert again.close().rows == len(content(mongo, "staging")) == 2500


@given(st.integers(0, 2**40 - 1), st.sets(st.tuples(st.integers(0, 2**20), st.integers(0, 2**33)), max_size=20))
def test_ids_differ(random: int, places: set[tuple[int, int]]) -> None:
    ids = DocumentIds(2**31, random)
    found = {ids.id(partition, row): ids.id(partition, row).generation_time for partition, row in places}
    assert len(found) == len(places) and len(set(found.values())) <= 1


def test_deferred_beside_files(mongo: MongoServer, tmp_path: Path) -> None:
    flow = gr.Flow(engine="inline")
    rows = flow.from_items(ROWS, 2)
    assert rows.write_mongo(mongo.uri, "shop", "words", defer=True) is rows
    rows.write_json(tmp_path / "out", defer=True)
    mongo.before = lambda command: _refuse_rename(command)
    with pytest.raises(Exception, match="not today"):
        flow.run()
    assert not (tmp_path / "out").exists() and mongo.collections == {}
    mongo.before = lambda command: None
    rows.write_mongo(mongo.uri, "shop", "words", defer=True)
    rows.write_json(tmp_path / "out", defer=True)
    assert [written.rows for written in flow.run()] == [10, 10]
    assert content(mongo) == ROWS


def _refuse_rename(command: Document) -> None:
    if "renameCollection" in command:
        raise Refused(13, "not today")
