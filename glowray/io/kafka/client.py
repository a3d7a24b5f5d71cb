"""The servers of a Kafka cluster, and clients of confluent-kafka that are closed again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from glowray.io.filesystem.options import HiddenOptions

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Producer

SECONDS = 60.0
"""How long a request, or the next record, may take."""

OWN_OPTIONS = frozenset({
    "bootstrap.servers", "auto.offset.reset", "enable.auto.commit", "enable.auto.offset.store", "enable.partition.eof",
    "isolation.level", "transactional.id", "enable.idempotence",
})  # fmt: skip
"""The options that glowray sets, so that each row is read and written once."""


@dataclass(frozen=True)
class KafkaServers:
    """The servers to connect to, and further options of the client, which may hold passwords and are never shown."""

    servers: str
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, verb: str, servers: str, options: Mapping[str, Any] | None) -> KafkaServers:
        """Return the servers for the arguments of a verb. Raises ValueError for an option that glowray sets."""
        given = dict(options or {})
        for name in sorted(OWN_OPTIONS & given.keys()):
            raise ValueError(f"{verb}(): glowray sets the option {name!r} itself: leave it out of options=")
        return cls(servers, given)

    @contextmanager
    def consumer(self, group: str = "glowray") -> Iterator[Consumer]:
        """Give a consumer that joins no group, commits nothing, and takes no other offset than the one asked for."""
        from confluent_kafka import Consumer

        settings = {
            "group.id": group,
            **self.options,
            "bootstrap.servers": self.servers,
            "auto.offset.reset": "error",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "enable.partition.eof": True,
        }
        with self.named():
            consumer = Consumer(settings)
        try:
            with self.named():
                yield consumer
        finally:
            consumer.close()

    def producer(self, **settings: Any) -> Producer:
        """Return a producer that sends each record once. Equal keys go to the partition that Java's clients choose."""
        from confluent_kafka import Producer

        with self.named():
            return Producer(
                {
                    "partitioner": "murmur2_random",
                    **self.options,
                    "bootstrap.servers": self.servers,
                    "enable.idempotence": True,
                    **settings,
                }
            )

    @contextmanager
    def named(self) -> Iterator[None]:
        """Return a `with` block that turns the client's errors into ones that name the servers and can be pickled."""
        from confluent_kafka import KafkaError, KafkaException

        try:
            yield
        except KafkaException as error:
            code, text = error.args[0].code(), HiddenOptions(self.options).without_secrets(error.args[0].str())
            if code == KafkaError._INVALID_ARG:
                raise ValueError(f"Kafka refuses the options: {text}") from None
            away = (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._RESOLVE, KafkaError._TIMED_OUT)
            kind = ConnectionError if code in away else OSError
            raise kind(f"Kafka at {self.servers}: {text}") from None
