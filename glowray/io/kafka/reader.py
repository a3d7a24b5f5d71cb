"""Records of a topic as rows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glowray.errors import OffsetsGone
from glowray.io.kafka.client import SECONDS, KafkaServers
from glowray.io.kafka.offsets import End, OffsetRange, Slices, Start, check_start, cut, limits_of, wanted_ranges
from glowray.io.reader import RowReader, check_partitions

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Message

ROWS_A_MORSEL = 4096
WAIT_SECONDS = 0.2
"""How long to collect records that are fewer than a morsel. The last offsets of a range may hold no record."""


@dataclass(frozen=True)
class KafkaReader(RowReader):
    """Reads ranges of offsets. A row is the value of a record, or (key, value) if `with_key`."""

    is_repeatable = True

    servers: KafkaServers
    topic: str
    slices: Slices
    with_key: bool

    @property
    def label(self) -> str:
        return f'read_kafka("{self.topic}")'

    @property
    def num_partitions(self) -> int:
        return len(self.slices)

    @property
    def estimated_bytes(self) -> None:
        return None

    def read(self, index: int) -> Iterator[list[Any]]:
        for wanted in self.slices[index]:
            with self.servers.consumer() as consumer:
                yield from self._rows(consumer, wanted)

    def _rows(self, consumer: Consumer, wanted: OffsetRange) -> Iterator[list[Any]]:
        """Yield the rows of a range. An offset may have no record: Kafka compacts topics, and marks transactions."""
        from confluent_kafka import TopicPartition

        consumer.assign([TopicPartition(self.topic, wanted.partition, wanted.start)])
        position, heard = wanted.start, time.monotonic()
        while position < wanted.end:
            rows: list[Any] = []
            messages = consumer.consume(min(ROWS_A_MORSEL, wanted.end - position), WAIT_SECONDS)
            for message in messages:
                if message.error() is not None:
                    if rows:
                        yield rows
                    rows = []
                    position = self._after_event(message, wanted, position)
                    continue
                offset = message.offset() or 0
                if position <= offset < wanted.end:
                    rows.append((message.key(), message.value()) if self.with_key else message.value())
                position = max(position, offset + 1)
            if rows:
                yield rows
            if messages:
                heard = time.monotonic()
            elif time.monotonic() - heard > SECONDS:
                raise TimeoutError(f"{self._place(wanted)}: no record came for {SECONDS:.0f} s after offset {position}")

    def _after_event(self, message: Message, wanted: OffsetRange, position: int) -> int:
        """Return the position after an event of the client. Raises an error if records are missing or unreadable."""
        from confluent_kafka import KafkaError

        error = message.error()
        assert error is not None, "it is an event"
        code = error.code()
        if code == KafkaError._PARTITION_EOF:
            last = message.offset()
            if last is not None and last < wanted.end:
                raise self._gone(wanted, position, f"it ends at {last}")
            return wanted.end
        if code in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            raise self._gone(wanted, position, "Kafka has deleted them")
        raise ConnectionError(f"{self._place(wanted)}, offset {position}: {error.str()}")

    def _gone(self, wanted: OffsetRange, position: int, why: str) -> OffsetsGone:
        return OffsetsGone(f"{self._place(wanted)}: offsets {position} to {wanted.end - 1} are gone: {why}")

    def _place(self, wanted: OffsetRange) -> str:
        return f'read_kafka(): topic "{self.topic}", partition {wanted.partition}'


def kafka_reader(
    servers: KafkaServers,
    topic: str,
    start: Start = "earliest",
    end: End = None,
    *,
    with_key: bool = False,
    partitions: int | None = None,
) -> KafkaReader:
    """Return a reader of the records that are in a topic now, from `start` to `end`.

    Raises:
        ValueError: there is no such topic or partition, or offsets are after its end.
        OffsetsGone: Kafka has deleted offsets that were asked for.
    """
    check_partitions(partitions)
    check_start(start)
    ranges = wanted_ranges(topic, limits_of(servers, topic), start, end)
    return KafkaReader(servers, topic, cut(ranges, partitions), with_key)
