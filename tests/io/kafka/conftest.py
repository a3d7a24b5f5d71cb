"""A mock Kafka cluster for all tests, and a new topic for each."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence

import pytest
from confluent_kafka import Producer

from tests.io.kafka.broker import cluster

Put = Callable[[int, Sequence[bytes | tuple[bytes | None, bytes | None] | None]], None]
"""A function that adds records to a partition of the topic: values, or (key, value)."""


@pytest.fixture(scope="session")
def servers() -> Iterator[str]:
    """Start a mock cluster for all tests."""
    with cluster() as (found, _):
        yield found


@pytest.fixture
def topic(servers: str) -> str:
    """Return a new topic of 4 partitions."""
    name = f"topic-{uuid.uuid4().hex}"
    Producer({"bootstrap.servers": servers}).list_topics(name, timeout=30)
    return name


@pytest.fixture
def put(servers: str, topic: str) -> Put:
    """Return a function that adds records to the topic."""
    producer = Producer({"bootstrap.servers": servers})

    def add(partition: int, records: Sequence[bytes | tuple[bytes | None, bytes | None] | None]) -> None:
        for record in records:
            key, value = record if isinstance(record, tuple) else (None, record)
            producer.produce(topic, value, key, partition=partition)
        assert producer.flush(30) == 0

    return add
