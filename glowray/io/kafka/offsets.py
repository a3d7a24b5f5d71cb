"""The offsets of a topic to read, and their cut into partitions of glowray."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from glowray.errors import OffsetsGone
from glowray.io.kafka.client import SECONDS, KafkaServers

OFFSETS_A_SLICE = 250_000
"""The offsets that a partition of glowray reads, unless the user says how many partitions there are."""

Start = str | Mapping[int, int]
End = Mapping[int, int] | None
Limits = tuple[int, int]


@dataclass(frozen=True, slots=True)
class OffsetRange:
    """The offsets [start, end) of a partition of a topic."""

    partition: int
    start: int
    end: int


Slices = tuple[tuple[OffsetRange, ...], ...]


def limits_of(servers: KafkaServers, topic: str) -> dict[int, Limits]:
    """Return the first offset of each partition of a topic, and the one after the last committed record.

    Raises ValueError if there is no such topic.
    """
    from confluent_kafka import TopicPartition

    with servers.consumer() as consumer:
        found = consumer.list_topics(topic, timeout=SECONDS).topics[topic]
        if found.error is not None:
            raise ValueError(f'read_kafka(): Kafka at {servers.servers} has no topic "{topic}": {found.error.str()}')
        places = (TopicPartition(topic, partition) for partition in sorted(found.partitions))
        return {place.partition: consumer.get_watermark_offsets(place, timeout=SECONDS) for place in places}


def check_start(start: Start) -> None:
    """Raise ValueError for a str that is no place to start from."""
    if isinstance(start, str) and start not in ("earliest", "latest"):
        raise ValueError(f'read_kafka(): start must be "earliest", "latest" or a dict, not {start!r}')


def wanted_ranges(topic: str, limits: Mapping[int, Limits], start: Start, end: End) -> list[OffsetRange]:
    """Return the range of each partition to read. Partitions that a dict does not name are read whole.

    >>> wanted_ranges("words", {0: (0, 9), 1: (5, 7)}, {0: 3}, {1: 6})
    [OffsetRange(partition=0, start=3, end=9), OffsetRange(partition=1, start=5, end=6)]

    Raises:
        OffsetsGone: Kafka has deleted records before the first offset that is there.
        ValueError: the topic lacks a partition, or offsets to read are after its end.
    """
    if isinstance(start, str):
        starts = {} if start == "earliest" else {partition: last for partition, (_, last) in limits.items()}
    else:
        starts = dict(start)
    ends = dict(end or {})
    for partition in sorted((starts.keys() | ends.keys()) - limits.keys()):
        raise ValueError(f'read_kafka(): topic "{topic}" has no partition {partition}')
    ranges = []
    for partition, (first, last) in limits.items():
        begin, stop = starts.get(partition, first), ends.get(partition, last)
        place = f'read_kafka(): topic "{topic}", partition {partition}'
        if 0 <= begin < first:
            raise OffsetsGone(f"{place}: the offsets {begin} to {first - 1} are gone, the first is now {first}")
        if not 0 <= begin <= stop <= last:
            raise ValueError(f"{place}: offsets {begin} to {stop} were asked for, and it has {first} to {last}")
        ranges.append(OffsetRange(partition, begin, stop))
    return ranges


def cut(ranges: Sequence[OffsetRange], count: int | None, size: int = OFFSETS_A_SLICE) -> Slices:
    """Cut ranges into `count` slices of about equal numbers of offsets. None: into slices of at most `size`.

    >>> for ranges in cut([OffsetRange(0, 0, 3), OffsetRange(1, 5, 6)], 2):
    ...     print([(each.partition, each.start, each.end) for each in ranges])
    [(0, 0, 2)]
    [(0, 2, 3), (1, 5, 6)]
    """
    if count is None:
        pieces = [piece for each in ranges for piece in _even(each, -(-(each.end - each.start) // size))]
        return tuple((piece,) for piece in pieces) or ((),)
    total = sum(each.end - each.start for each in ranges)
    bounds = [total * number // count for number in range(count + 1)]
    slices: list[list[OffsetRange]] = [[] for _ in range(count)]
    begin = 0
    for each in ranges:
        for number in range(count):
            low = max(begin, bounds[number]) - begin
            high = min(begin + each.end - each.start, bounds[number + 1]) - begin
            if low < high:
                slices[number].append(OffsetRange(each.partition, each.start + low, each.start + high))
        begin += each.end - each.start
    return tuple(map(tuple, slices))


def _even(whole: OffsetRange, count: int) -> list[OffsetRange]:
    length = whole.end - whole.start
    bounds = [whole.start + length * number // count for number in range(count + 1)] if count else []
    return [OffsetRange(whole.partition, low, high) for low, high in pairwise(bounds)]
