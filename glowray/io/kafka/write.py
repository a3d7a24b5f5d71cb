"""The driver's side of a write to a topic."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from glowray.io.commit.commit import Written
from glowray.io.commit.pending import SentWrite
from glowray.io.commit.place import NoPlace
from glowray.io.kafka.client import SECONDS, KafkaServers
from glowray.io.kafka.writer import KafkaSink
from glowray.io.sink import Part


class KafkaWrite(SentWrite):
    """Adds rows to a topic. Tasks send them when all rows are made. A task that fails aborts its transaction."""

    needs_all_rows = True

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

    def begin(self) -> NoPlace:
        self.check()
        return NoPlace()

    def stage(self, parts: Sequence[Part]) -> None:
        self.written = Written(0, sum(part.rows for part in parts), sum(part.bytes for part in parts))
