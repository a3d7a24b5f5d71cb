"""A server that speaks MongoDB's wire protocol (OP_MSG) on loopback, with the collections in memory.

It knows the commands and stages that glowray sends, and refuses all others. It compares values in the order of BSON. As
in a real server, a query compares values of one type only. It has no index but that of `_id`, no sessions, no
replication and no authentication. A lock lets one command run at a time.
"""

from __future__ import annotations

import itertools
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

import bson
from bson.codec_options import CodecOptions, DatetimeConversion

Document = dict[str, Any]
Stages = list[Document]

OPTIONS: CodecOptions[Document] = CodecOptions(datetime_conversion=DatetimeConversion.DATETIME_MS)
HELLO = {
    "ismaster": True, "helloOk": True, "maxBsonObjectSize": 16 << 20, "maxMessageSizeBytes": 48_000_000,
    "maxWriteBatchSize": 100_000, "minWireVersion": 0, "maxWireVersion": 21, "readOnly": False,
}  # fmt: skip
_OP_QUERY, _OP_MSG, _OP_REPLY = 2004, 2013, 1
_FIRST_BATCH = 101


class Refused(Exception):
    """A command failed, with a code of MongoDB."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def rank(value: Any) -> tuple[Any, ...]:
    """Return a key that orders values as BSON does: first by type, then within it."""
    match value:
        case bson.MinKey():
            return (0,)
        case None:
            return (1,)
        case bool():
            return 8, value
        case bson.Decimal128():
            return 2, not value.to_decimal().is_nan(), value.to_decimal()
        case int() | float():
            return 2, value == value, Decimal(value) if value == value else Decimal(0)
        case str():
            return 3, value.encode()
        case dict():
            return 4, tuple((rank(item)[0], name, rank(item)) for name, item in value.items())
        case list():
            return 5, tuple(map(rank, value))
        case bytes():
            return 6, len(value), getattr(value, "subtype", 0), bytes(value)
        case bson.ObjectId():
            return 7, value.binary
        case bson.DatetimeMS():
            return 9, int(value)
        case datetime():
            return 9, int(bson.DatetimeMS(value))
        case bson.MaxKey():
            return (99,)
    raise Refused(2, f"this server cannot order a {type(value).__name__}")


def _comparison(operator: str, bound: Any) -> Callable[[Any], bool]:
    """Return the test for an operator, a function of a value's rank. It compares values of one type only."""
    if operator == "$in":
        among = set(map(rank, bound))
        return lambda mine: mine in among
    its = rank(bound)
    tests: dict[str, Callable[[Any], bool]] = {
        "$ne": lambda mine: mine != its,
        "$eq": lambda mine: mine == its,
        "$gt": lambda mine: mine[0] == its[0] and mine > its,
        "$gte": lambda mine: mine[0] == its[0] and mine >= its,
        "$lt": lambda mine: mine[0] == its[0] and mine < its,
        "$lte": lambda mine: mine[0] == its[0] and mine <= its,
    }
    if operator not in tests:
        raise Refused(2, f"unknown operator: {operator}")
    return tests[operator]


def matching(query: Document) -> Callable[[Document], bool]:
    """Return whether a document matches a query of fields and comparisons, as a function."""
    tests: list[tuple[str, Callable[[Any], bool]]] = []
    for name, wanted in query.items():
        if name.startswith("$"):
            raise Refused(2, f"unknown top level operator: {name}")
        operators = wanted if isinstance(wanted, dict) and any(key[:1] == "$" for key in wanted) else {"$eq": wanted}
        tests += [(name, _comparison(operator, bound)) for operator, bound in operators.items()]
    return lambda document: all(test(rank(document.get(name))) for name, test in tests)


class MongoServer:
    """The collections, by name of database and collection. Each holds its documents by the rank of `_id`.

    `commands` are the names of all commands so far. `before` is called with each command: it may raise Refused.
    """

    def __init__(self) -> None:
        self.collections: dict[tuple[str, str], dict[Any, Document]] = {}
        self.views: dict[tuple[str, str], str] = {}
        self.commands: list[str] = []
        self.before: Callable[[Document], None] = lambda command: None
        self._cursors: dict[int, tuple[str, Iterator[Document]]] = {}
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self.uri = ""

    def answer(self, command: Document) -> Document:
        """Return the reply to a command."""
        name = next(iter(command))
        try:
            with self._lock:
                self.commands.append(name)
                self.before(command)
                handler = getattr(self, f"do_{name.lower()}", None)
                if handler is None:
                    raise Refused(59, f"no such command: {name}")
                return {**handler(command), "ok": 1.0}
        except Refused as error:
            return {"ok": 0.0, "errmsg": str(error), "code": error.code, "codeName": "Refused"}

    def documents(self, database: str, name: str) -> list[Document]:
        """Return the documents of a collection or view in the order of `_id`; none if there is no collection."""
        stored = self.collections.get((database, self.views.get((database, name), name)), {})
        return [stored[key] for key in sorted(stored)]

    def do_hello(self, command: Document) -> Document:
        return dict(HELLO)

    do_ismaster = do_hello

    def do_ping(self, command: Document) -> Document:
        return {}

    do_killcursors = do_endsessions = do_ping

    def do_create(self, command: Document) -> Document:
        place = command["$db"], command["create"]
        if place in self.collections or place in self.views:
            raise Refused(48, f"Collection {'.'.join(place)} already exists.")
        if "viewOn" in command:
            self.views[place] = command["viewOn"]
        else:
            self.collections[place] = {}
        return {}

    def do_drop(self, command: Document) -> Document:
        if self.collections.pop((command["$db"], command["drop"]), None) is None:
            raise Refused(26, "ns not found")
        return {}

    def do_listcollections(self, command: Document) -> Document:
        known = [(*place, "collection") for place in self.collections] + [(*place, "view") for place in self.views]
        found = [{"name": name, "type": kind} for database, name, kind in known if database == command["$db"]]
        return self._reply("$cmd.listCollections", filter(matching(command.get("filter", {})), found), command)

    def do_insert(self, command: Document) -> Document:
        stored = self.collections.setdefault((command["$db"], command["insert"]), {})
        errors = []
        for index, document in enumerate(command["documents"]):
            if not self._put(stored, document):
                text = f"E11000 duplicate key error index: _id_ dup key: {{ _id: {document['_id']!r} }}"
                errors.append({"index": index, "code": 11000, "errmsg": text})
                if command.get("ordered", True):
                    break
        reply: Document = {"n": len(command["documents"]) - len(errors)}
        return reply | ({"writeErrors": errors} if errors else {})

    def do_find(self, command: Document) -> Document:
        name = command["find"]
        unknown = command.keys() - {
            "find", "filter", "sort", "hint", "min", "max", "limit", "batchSize", "singleBatch", "projection", "$db",
            "lsid", "$readPreference",
        }  # fmt: skip
        if unknown or command.get("sort", {"_id": 1}) != {"_id": 1} or command.get("hint", {"_id": 1}) != {"_id": 1}:
            raise Refused(2, f"this server cannot find with {unknown or command}")
        if command.keys() & {"min", "max"} and "hint" not in command:
            raise Refused(51173, "a hint must be provided when using min or max")
        if "hint" in command and (command["$db"], name) in self.views:
            raise Refused(2, "a view has no index to hint")
        low, high = (rank(command[side]["_id"]) if side in command else None for side in ("min", "max"))
        fits = matching(command.get("filter", {}))
        found = (
            document
            for document in self.documents(command["$db"], name)
            if (low is None or rank(document["_id"]) >= low)
            and (high is None or rank(document["_id"]) < high)
            and fits(document)
        )
        return self._reply(name, itertools.islice(found, command.get("limit", 0) or None), command)

    def do_getmore(self, command: Document) -> Document:
        cursor = command["getMore"]
        if cursor not in self._cursors:
            raise Refused(43, f"cursor id {cursor} not found")
        name, rest = self._cursors.pop(cursor)
        return self._reply(name, rest, command, cursor, "nextBatch")

    def do_aggregate(self, command: Document) -> Document:
        database, name = command["$db"], command["aggregate"]
        rows: list[Document] = self.documents(database, name)
        for stage in command["pipeline"]:
            ((kind, what),) = stage.items()
            handler = getattr(self, f"stage_{kind[1:].lower()}", None)
            if handler is None:
                raise Refused(40324, f"Unrecognized pipeline stage name: '{kind}'")
            rows = handler(rows, what, database)
        return self._reply(name, iter(rows), {**command, "batchSize": command["cursor"].get("batchSize")})

    def stage_match(self, rows: Stages, query: Document, database: str) -> Stages:
        return list(filter(matching(query), rows))

    def stage_limit(self, rows: Stages, count: int, database: str) -> Stages:
        return rows[:count]

    def stage_project(self, rows: Stages, fields: Document, database: str) -> Stages:
        return [{name: row[name] for name in fields if name in row} for row in rows]

    def stage_group(self, rows: Stages, what: Document, database: str) -> Stages:
        if what != {"_id": 1, "n": {"$sum": 1}}:
            raise Refused(2, "this server only counts")
        return [{"_id": 1, "n": len(rows)}] if rows else []

    def stage_collstats(self, rows: Stages, what: Document, database: str) -> Stages:
        return [{"storageStats": {"size": sum(len(bson.encode(row, codec_options=OPTIONS)) for row in rows)}}]

    def stage_bucketauto(self, rows: Stages, what: Document, database: str) -> Stages:
        """Return buckets of about equal numbers of rows. There may be fewer buckets than requested."""
        ids = sorted((row["_id"] for row in rows), key=rank)
        size = max(1, -(-len(ids) // what["buckets"]))
        pieces = [ids[start : start + size] for start in range(0, len(ids), size)]
        ends = [*(piece[0] for piece in pieces[1:]), ids[-1]] if ids else []
        pairs = zip(pieces, ends, strict=True)
        return [{"_id": {"min": piece[0], "max": end}, "count": len(piece)} for piece, end in pairs]

    def stage_lookup(self, rows: Stages, what: Document, database: str) -> Stages:
        others = {rank(other[what["foreignField"]]): other for other in self.documents(database, what["from"])}
        mates = ([others[key]] if (key := rank(row[what["localField"]])) in others else [] for row in rows)
        return [{**row, what["as"]: mate} for row, mate in zip(rows, mates, strict=True)]

    def stage_out(self, rows: Stages, name: str, database: str) -> Stages:
        self.collections[database, name] = {rank(row["_id"]): row for row in rows}
        return []

    def stage_merge(self, rows: Stages, what: Document, database: str) -> Stages:
        if (what["whenMatched"], what["whenNotMatched"]) != ("fail", "insert"):
            raise Refused(2, "this server only merges new documents")
        stored = self.collections.setdefault((database, what["into"]), {})
        for row in rows:
            if not self._put(stored, row):
                raise Refused(11000, f"E11000 duplicate key error index: _id_ dup key: {{ _id: {row['_id']!r} }}")
        return []

    def do_renamecollection(self, command: Document) -> Document:
        old, new = (tuple(command[side].split(".", 1)) for side in ("renameCollection", "to"))
        if old not in self.collections:
            raise Refused(26, "source namespace does not exist")
        if new in self.collections and not command.get("dropTarget"):
            raise Refused(48, "target namespace exists")
        self.collections[new] = self.collections.pop(old)
        return {}

    @staticmethod
    def _put(stored: dict[Any, Document], document: Document) -> bool:
        return stored.setdefault(rank(document["_id"]), document) is document

    def _reply(
        self, name: str, rows: Iterator[Document], command: Document, cursor: int = 0, batch: str = "firstBatch"
    ) -> Document:
        """Return one batch of rows, and keep the others under a cursor."""
        size = command.get("batchSize") or _FIRST_BATCH
        found = list(itertools.islice(rows, size))
        rest = list(itertools.islice(rows, 1)) if len(found) == size else []
        if rest and not command.get("singleBatch"):
            cursor = cursor or next(self._ids)
            self._cursors[cursor] = name, itertools.chain(rest, rows)
        else:
            cursor = 0
        return {"cursor": {batch: found, "id": bson.Int64(cursor), "ns": f"{command['$db']}.{name}"}}


class _Connection(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        while head := self.rfile.read(16):
            length, request, _, code = struct.unpack("<iiii", head)
            body = self.rfile.read(length - 16)
            command = _query(body) if code == _OP_QUERY else _message(body)
            reply = bson.encode(self.server.mongo.answer(command), codec_options=OPTIONS)
            if code == _OP_QUERY:
                data, code = struct.pack("<iqii", 0, 0, 0, 1) + reply, _OP_REPLY
            else:
                data = struct.pack("<iB", 0, 0) + reply
            self.wfile.write(struct.pack("<iiii", 16 + len(data), 0, request, code) + data)


def _message(body: bytes) -> Document:
    """Return the command of an OP_MSG: a section of kind 0, and lists of documents in sections of kind 1."""
    place, command = 4, {}
    lists: Document = {}
    while place < len(body):
        kind, size = body[place], struct.unpack_from("<i", body, place + 1)[0]
        section = body[place + 1 : place + 1 + size]
        if kind == 0:
            command = bson.decode(section, OPTIONS)
        else:
            end = section.index(b"\0", 4)
            lists[section[4:end].decode()] = bson.decode_all(section[end + 1 :], OPTIONS)
        place += 1 + size
    return command | lists


def _query(body: bytes) -> Document:
    """Return the command of an OP_QUERY, which a client sends once to learn what the server speaks."""
    return bson.decode(body[body.index(b"\0", 4) + 9 :], OPTIONS)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    mongo: MongoServer


@contextmanager
def serving() -> Iterator[MongoServer]:
    """Serve on a free port of loopback for the time of the block."""
    with _Server(("127.0.0.1", 0), _Connection) as server:
        server.mongo = MongoServer()
        server.mongo.uri = f"mongodb://127.0.0.1:{server.server_address[1]}/"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.mongo
        finally:
            server.shutdown()
            thread.join()
