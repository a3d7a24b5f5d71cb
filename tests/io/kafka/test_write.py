"""Test that write_kafka() sends every row once, even if tasks run again, and none before all rows are made."""

from __future__ import annotations

import os
import signal
from collections import Counter
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

import glowray as gr
from glowray.io.kafka.client import KafkaServers
from glowray.io.kafka.writer import KafkaSink
from tests.engine.doubles import Lab
from tests.io.kafka.broker import cluster

pytestmark = pytest.mark.slow  # a broker's answers take most of the time


def inline(rows: list[Any], partitions: int = 2) -> gr.Dataset[Any]:
    return gr.Flow(engine="inline").from_items(rows, partitions)


def content(servers: str, topic: str) -> Counter[Any]:
    return Counter(gr.Flow(engine="inline").read_kafka(topic, servers, with_key=True).collect())


@pytest.mark.parametrize("transactions", [True, False])
def test_rows_of_every_kind(engine: Lab, servers: str, topic: str, transactions: bool) -> None:
    rows = [b"\xff", "é", ("k", "v"), (b"k", b"w"), ("gone", None), (None, b"x"), (None, None), ""]
    written = engine.flow().from_items(rows, 2).write_kafka(topic, servers, transactions=transactions)
    assert (written.files, written.rows, written.bytes) == (0, 8, 12)
    found = [
        (None, b"\xff"), (None, "é".encode()), (b"k", b"v"), (b"k", b"w"), (b"gone", None), (None, b"x"), (None, None),
        (None, b""),
    ]  # fmt: skip
    assert content(servers, topic) == Counter(found)


def test_more_rows_than_the_client_queues(servers: str, topic: str) -> None:
    rows = [b"%d" % number for number in range(5000)]
    inline(rows).write_kafka(topic, servers, options={"queue.buffering.max.messages": 100})
    assert gr.Flow(engine="inline").read_kafka(topic, servers).count() == 5000


def test_equal_keys_go_where_javas_clients_send_them(servers: str, topic: str) -> None:
    """Kafka's own tests give murmur2 of the key "21" as -973932308."""
    inline([("21", str(number)) for number in range(10)], 1).write_kafka(topic, servers)
    partition = (-973932308 & 0x7FFFFFFF) % 4
    rows = gr.Flow(engine="inline").read_kafka(topic, servers, end={n: 0 for n in range(4) if n != partition})
    assert rows.collect() == [b"%d" % number for number in range(10)]


@pytest.mark.parametrize("row", [5, None, ("a", 5), ("a", "b", "c"), ["a", "b"], {"a": "b"}, bytearray(b"a"), ("a",)])
def test_rows_that_are_no_records(servers: str, topic: str, row: Any) -> None:
    with pytest.raises(
        TypeError, match=r"write_kafka\(\) needs rows of bytes, str, or \(key, value\) of these, got "
    ) as e:
        inline(["a", row], 1).write_kafka(topic, servers)
    assert repr(row) in str(e.value)


def test_no_record_is_sent_before_all_rows_are_made(engine: Lab, servers: str, topic: str) -> None:
    rows = engine.flow().from_items(range(10), 5).map(lambda n: str(10 // (9 - n)))
    with pytest.raises(ZeroDivisionError):
        rows.write_kafka(topic, servers)
    assert content(servers, topic) == Counter()


def test_an_attempt_after_the_commit_sends_nothing(servers: str, topic: str) -> None:
    sink = KafkaSink(KafkaServers(servers), topic, "job", True)
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "glowray-job-3"})
    consumer.commit(offsets=[TopicPartition(topic, 0, 2)], asynchronous=False)
    consumer.close()
    for index, is_sent in ((3, False), (4, True)):
        writer = sink.open("", index)
        writer.write(["a", "b"])
        part = writer.close()
        assert (part.rows, part.bytes) == (2, 2)
        assert (content(servers, topic) == Counter({(None, b"a"): 1, (None, b"b"): 1})) is is_sent


class Recorder(Producer):
    """A producer that notes the calls which make a transaction."""

    calls: list[Any]

    def __init__(self, settings: dict[str, Any]) -> None:
        super().__init__(settings)
        self.calls = [settings.get("transactional.id")]

    def begin_transaction(self, *args: Any) -> None:
        self.calls.append("begin")
        super().begin_transaction(*args)

    def send_offsets_to_transaction(self, positions: Any, *args: Any) -> None:
        self.calls.append([(each.topic, each.partition, each.offset) for each in positions])
        super().send_offsets_to_transaction(positions, *args)

    def commit_transaction(self, *args: Any) -> None:
        self.calls.append("commit")
        super().commit_transaction(*args)

    def abort_transaction(self, *args: Any) -> None:
        self.calls.append("abort")
        super().abort_transaction(*args)


@pytest.mark.parametrize(
    ("rows", "calls"),
    [
        (["a", "b"], ["begin", [("topic", 0, 2)], "commit"]),
        ([], ["begin", [("topic", 0, 0)], "commit"]),
        (["a", 5], ["begin", "abort"]),
    ],
)
def test_a_partition_is_one_transaction(
    servers: str, topic: str, rows: list[Any], calls: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Recorder] = []
    monkeypatch.setattr("confluent_kafka.Producer", lambda settings: made.append(Recorder(settings)) or made[-1])
    writer = KafkaSink(KafkaServers(servers), topic, "job", True).open("", 7)
    try:
        writer.write(rows)
        writer.close()
    except TypeError:
        writer.abort()
    writer.abort()
    wanted = [[(topic, *mark[0][1:])] if isinstance(mark, list) else mark for mark in calls]
    assert made[0].calls == ["glowray-job-7", *wanted]


def test_records_that_are_not_taken_are_an_error() -> None:
    with cluster() as (servers, process):
        Producer({"bootstrap.servers": servers}).list_topics("t", timeout=30)
        options = {"message.timeout.ms": 500, "log_level": 0}
        writer = KafkaSink(KafkaServers(servers, options), "t", "job", False).open("", 0)
        os.kill(process, signal.SIGSTOP)
        writer.write(["a"])
        with pytest.raises(ConnectionError, match=r'did not take all rows for "t": Local: Message timed out'):
            writer.close()


def test_a_record_that_is_too_large_is_an_error(servers: str, topic: str) -> None:
    with pytest.raises(OSError, match="Message size too large"):
        inline(["x" * 2000]).write_kafka(topic, servers, options={"message.max.bytes": 1000})


def test_a_topic_that_is_not_there(servers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # A mock makes a topic when a producer names it, but not for a consumer.
    settings = {"bootstrap.servers": servers, "group.id": "g"}
    monkeypatch.setattr(KafkaServers, "producer", lambda self: Consumer(settings))
    with pytest.raises(ValueError, match=r'write_kafka\(\): Kafka at .* has no topic "nothing"'):
        inline(["a"]).write_kafka("nothing", servers)


def test_deferred(servers: str, topic: str) -> None:
    flow = gr.Flow(engine="inline")
    rows = flow.from_items(["a"])
    assert rows.write_kafka(topic, servers, defer=True) is rows
    assert content(servers, topic) == Counter()
    assert [written.rows for written in flow.run()] == [1]
    assert content(servers, topic) == Counter({(None, b"a"): 1})
