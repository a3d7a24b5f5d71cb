"""librdkafka's mock of a Kafka cluster, in a process of its own: `python broker.py` prints its servers.

The mock keeps records and committed offsets. It takes transactions, but records are visible at once, even if their
transaction is aborted. It forgets the offsets that a transaction commits. It cannot create a topic on request. It makes
a topic of 4 partitions when a producer first names it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import Producer


@contextmanager
def cluster() -> Iterator[tuple[str, int]]:
    """Start a mock cluster for the time of the block. Return its servers and the id of its process."""
    with subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as mock:
        assert mock.stdout is not None
        yield mock.stdout.readline().strip(), mock.pid
        mock.kill()


if __name__ == "__main__":
    mock = Producer({"test.mock.num.brokers": 3, "bootstrap.servers": "ignored", "log_level": 0})
    brokers = mock.list_topics(timeout=30).brokers.values()
    print(",".join(f"{broker.host}:{broker.port}" for broker in brokers), flush=True)
    sys.stdin.read()
