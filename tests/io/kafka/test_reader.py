"""Test that read_kafka() gives each record that is there at the call once."""

from __future__ import annotations

import pytest

import glowray as gr
from glowray.errors import OffsetsGone
from glowray.io.kafka.client import KafkaServers
from glowray.io.kafka.offsets import OffsetRange
from glowray.io.kafka.reader import KafkaReader
from tests.engine.doubles import Lab
from tests.io.kafka.conftest import Put


def values(partition: int, count: int) -> list[bytes]:
    return [b"%d-%d" % (partition, number) for number in range(count)]


@pytest.mark.parametrize("partitions", [None, 1, 3, 7])
def test_each_record_once(engine: Lab, servers: str, topic: str, put: Put, partitions: int | None) -> None:
    for partition, count in ((0, 50), (2, 30), (3, 1)):
        put(partition, values(partition, count))
    rows = engine.flow().read_kafka(topic, servers, partitions=partitions)
    put(1, [b"late"])
    assert rows.collect() == rows.collect() == values(0, 50) + values(2, 30) + values(3, 1)
    assert rows.num_partitions == (partitions or 3)


def test_keys_and_tombstones(engine: Lab, servers: str, topic: str, put: Put) -> None:
    put(1, [(b"a", b"1"), (b"b", None), (None, b""), None])
    flow = engine.flow()
    keyed = [(b"a", b"1"), (b"b", None), (None, b""), (None, None)]
    assert flow.read_kafka(topic, servers, with_key=True).collect() == keyed
    assert flow.read_kafka(topic, servers).collect() == [b"1", None, b"", None]


def test_offsets_from_and_to(servers: str, topic: str, put: Put) -> None:
    put(0, values(0, 10))
    put(1, values(1, 10))
    flow = gr.Flow(engine="inline")
    rows = flow.read_kafka(topic, servers, {0: 4, 1: 10}, {0: 7})
    assert rows.collect() == values(0, 10)[4:7]
    assert flow.read_kafka(topic, servers, "latest").collect() == []
    assert "read_kafka" in rows.explain() and topic in rows.explain()


def test_more_records_than_a_morsel(servers: str, topic: str, put: Put) -> None:
    put(2, values(2, 10_000))
    rows = gr.Flow(engine="inline").read_kafka(topic, servers)
    assert rows.collect() == values(2, 10_000)
    assert rows.take(3) == values(2, 3)


def test_an_empty_topic(servers: str, topic: str) -> None:
    assert gr.Flow(engine="inline").read_kafka(topic, servers).collect() == []


def test_a_start_that_is_none() -> None:
    with pytest.raises(ValueError, match=r"""start must be "earliest", "latest" or a dict, not 'first'"""):
        gr.read_kafka("t", "nowhere", "first")


def test_a_topic_that_is_not_there(servers: str) -> None:
    with pytest.raises(ValueError, match=r'read_kafka\(\): Kafka at .* has no topic "nothing"'):
        gr.read_kafka("nothing", servers)


def test_offsets_that_are_gone_at_the_call(servers: str, topic: str, put: Put) -> None:
    put(0, values(0, 3))
    with pytest.raises(ValueError, match=rf'topic "{topic}", partition 0: offsets 0 to 5 were asked for'):
        gr.read_kafka(topic, servers, end={0: 5})


@pytest.mark.parametrize(
    ("start", "end", "read", "message"),
    [
        (7, 9, 0, "offsets 7 to 8 are gone: Kafka has deleted them"),  # the broker says that 7 is out of range
        (1, 9, 2, "offsets 3 to 8 are gone: it ends at 3"),
    ],
)
def test_offsets_that_are_gone_at_the_action(
    servers: str, topic: str, put: Put, start: int, end: int, read: int, message: str
) -> None:
    put(0, values(0, 3))
    reader = KafkaReader(KafkaServers(servers), topic, ((OffsetRange(0, start, end),),), False)
    found: list[bytes] = []
    with pytest.raises(OffsetsGone, match=rf'topic "{topic}", partition 0: {message}'):
        for rows in reader.read(0):
            found += rows
    assert found == values(0, 3)[start : start + read]


def test_servers_that_do_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glowray.io.kafka.offsets.SECONDS", 0.2)
    with pytest.raises(ConnectionError, match=r"Kafka at 127.0.0.1:9: Failed to get metadata"):
        gr.read_kafka("t", "127.0.0.1:9", options={"log_level": 0})


def test_secrets_are_never_shown(servers: str, topic: str, put: Put) -> None:
    put(0, [b"a"])
    options = {"client.id": "s3cr3t"}
    rows = gr.Flow(engine="inline").read_kafka(topic, servers, options=options)
    assert rows.collect() == [b"a"]
    assert "s3cr3t" not in rows.explain() + repr(rows) + rows.plot() + repr(KafkaServers(servers, options))
    with pytest.raises(ValueError, match=r"Kafka refuses the options: Invalid value .* for configuration") as caught:
        gr.read_kafka(topic, servers, options={"security.protocol": "s3cr3t"})
    assert "s3cr3t" not in str(caught.value)
    with pytest.raises(TypeError, match="options must be a dict of str, got a list") as wrong:
        gr.read_kafka(topic, servers, options=["s3cr3t"])  # type: ignore[arg-type]
    assert "s3cr3t" not in str(wrong.value)


def test_options_that_glowray_sets(servers: str, topic: str) -> None:
    with pytest.raises(ValueError, match=r"read_kafka\(\): glowray sets the option 'auto.offset.reset' itself"):
        gr.read_kafka(topic, servers, options={"auto.offset.reset": "earliest"})
    with pytest.raises(ValueError, match='No such configuration property: "nope"'):
        gr.read_kafka(topic, servers, options={"nope": 1})
