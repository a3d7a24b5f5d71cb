"""Records that a task sends in one transaction. An attempt that comes after the commit sends nothing again."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glowray.io.kafka.client import SECONDS, KafkaServers
from glowray.io.kafka.records import record_of
from glowray.io.sink import Part

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message

ATTEMPTS = 5
TRANSACTION_MS = 900_000
"""The longest transaction that brokers allow unless they are configured otherwise, in milliseconds."""


@dataclass(frozen=True)
class KafkaSink:
    """Writes rows to a topic. `job` is new for each write.

    With `transactions` the records of a partition are one transaction. It also commits the number of rows, as an offset
    of a consumer group that is named after the job and the partition. A later attempt of the task finds this offset.
    """

    servers: KafkaServers
    topic: str
    job: str
    transactions: bool

    def open(self, folder: str, index: int) -> KafkaPartWriter:
        return KafkaPartWriter(self, index)


class KafkaPartWriter:
    """Writes the rows of one partition. It connects when it is opened."""

    def __init__(self, sink: KafkaSink, index: int) -> None:
        self._sink, self._index = sink, index
        self._name = f"glowray-{sink.job}-{index}"
        self._rows = self._bytes = 0
        self._failed: KafkaError | None = None
        self._is_there = False
        if not sink.transactions:
            self._producer = sink.servers.producer()
            return
        settings = {"transactional.id": self._name, "transaction.timeout.ms": TRANSACTION_MS}
        self._producer = sink.servers.producer(**settings)
        with sink.servers.named():
            # Ends the transaction of an earlier attempt, which can then commit nothing any more.
            _attempted(lambda: self._producer.init_transactions(SECONDS))
            self._is_there = self._committed_rows() is not None
            if not self._is_there:
                self._producer.begin_transaction()

    def write(self, rows: Iterable[Any]) -> None:
        for row in rows:
            key, value = record_of(row)
            self._rows += 1
            self._bytes += len(key or b"") + len(value or b"")
            if not self._is_there:
                with self._sink.servers.named():
                    self._send(key, value)

    def close(self) -> Part:
        if not self._is_there:
            try:
                with self._sink.servers.named():
                    self._commit()
            except BaseException:
                self.abort()
                raise
        self._is_there = True
        return Part(self._index, "", self._rows, self._bytes)

    def abort(self) -> None:
        """Abort the transaction. If that fails, the broker does it when TRANSACTION_MS are over."""
        if self._sink.transactions and not self._is_there:
            from confluent_kafka import KafkaException

            self._is_there = True
            with contextlib.suppress(KafkaException):
                self._producer.abort_transaction(SECONDS)

    def _send(self, key: bytes | None, value: bytes | None) -> None:
        while True:
            try:
                self._producer.produce(self._sink.topic, value, key, on_delivery=self._delivered)
            except BufferError:  # The client's queue is full.
                self._producer.poll(1.0)
                self._check()
            else:
                break
        self._producer.poll(0)

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        self._failed = self._failed or error

    def _check(self) -> None:
        if self._failed is not None:
            servers, topic = self._sink.servers.servers, self._sink.topic
            why = self._failed.str()
            raise ConnectionError(f'write_kafka(): Kafka at {servers} did not take all rows for "{topic}": {why}')

    def _commit(self) -> None:
        left = self._producer.flush(TRANSACTION_MS / 1000)
        self._check()
        if left:
            raise TimeoutError(f'write_kafka(): {left} rows for "{self._sink.topic}" were not sent in time')
        if self._sink.transactions:
            from confluent_kafka import TopicPartition

            mark = [TopicPartition(self._sink.topic, 0, self._rows)]
            with self._sink.servers.consumer(self._name) as consumer:
                group = consumer.consumer_group_metadata()
                _attempted(lambda: self._producer.send_offsets_to_transaction(mark, group, SECONDS))
            _attempted(lambda: self._producer.commit_transaction(SECONDS))

    def _committed_rows(self) -> int | None:
        """Return the number of rows that an earlier attempt committed, None if there is none."""
        from confluent_kafka import TopicPartition

        with self._sink.servers.consumer(self._name) as consumer:
            (mark,) = consumer.committed([TopicPartition(self._sink.topic, 0)], timeout=SECONDS)
        return mark.offset if mark.offset >= 0 else None


def _attempted(action: Callable[[], Any]) -> None:
    """Call a step of a transaction. Call it again if the client says that its error is worth a retry."""
    from confluent_kafka import KafkaException

    for attempt in range(1, ATTEMPTS + 1):
        try:
            action()
        except KafkaException as error:
            if attempt == ATTEMPTS or not error.args[0].retriable():
                raise
        else:
            return
