"""The driver's side of a write to a topic."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from glowray.io.commit.commit import Written
from glowray.io.hive import HiveFolders
from glowray.io.kafka.client import SECONDS, KafkaServers
from glowray.io.kafka.writer import KafkaSink
from glowray.io.sink import Part


class KafkaWrite:
    """Adds rows to a topic. Tasks send them when all rows are made, and records that were sent stay."""

    needs_all_rows = True
    is_final = True
    folders = HiveFolders("write_kafka", ())

    def __init__(self, servers: KafkaServers, topic: str, transactions: bool) -> None:
        self.name = topic
        self.sink = KafkaSink(servers, topic, secrets.token_hex(8), transactions)
        self.written = Written(0, 0, 0)

    def check(self) -> None:
        """Raise ValueError if there is no such topic, and the servers make none for a client that names it."""
        from confluent_kafka import KafkaError

        servers = self.sink.servers
        producer = servers.producer()
        with servers.named():
            error = producer.list_topics(self.name, timeout=SECONDS).topics[self.name].error
        if error is not None and error.code() != KafkaError.LEADER_NOT_AVAILABLE:
            raise ValueError(f'write_kafka(): Kafka at {servers.servers} has no topic "{self.name}": {error.str()}')

    def begin(self) -> str:
        self.check()
        return ""

    def misfits(self, parts: Sequence[Part]) -> None:
        """Return None: records have no schema."""

    def stage(self, parts: Sequence[Part]) -> None:
        self.written = Written(0, sum(part.rows for part in parts), sum(part.bytes for part in parts))

    def verify(self) -> None:
        """Do nothing: others may write to the topic at any time."""

    def put(self) -> None:
        """Do nothing: the tasks have committed the records."""

    finish = keep = close = put

    def abort(self) -> None:
        """Do nothing: a task that fails aborts its transaction, and committed records cannot be taken back."""
