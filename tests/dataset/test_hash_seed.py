"""Test that in every process keys go to the same partitions and groups come in the same order."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

SCRIPT = """
import hashlib
import glowray as gr
from tests.oracle.exact import fingerprint
from tests.oracle.functions import KEYS

flow = gr.Flow(engine="inline")
rows = flow.from_items([(key, place) for place, key in enumerate(KEYS * 2)], partitions=4)
pieces = [
    rows.partition_by_key(5).map_partitions(lambda index, part: [(index, list(part))]).collect(),
    rows.group_by_key().collect(),
    rows.keys().distinct().collect(),
    rows.keys().count_by_value().collect(),
    rows.join(rows, how="left").collect(),
    rows.map_values(str).reduce_by_key(lambda a, b: a + b).collect(),
    rows.sample_by_key({key: 0.5 for key in KEYS}, seed=1).collect(),
    rows.top_by_key(1).collect(),
    [part.take_sample(9, seed=1) for part in rows.random_split([1, 2], seed=1)],
]
for piece in pieces:
    print(hashlib.sha256(fingerprint(piece).encode("utf-8", "surrogatepass")).hexdigest())
"""


def run(seed: str) -> str:
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def first() -> str:
    return run("0")


@pytest.mark.parametrize("seed", ["1", "4294967295"])
def test_hash_seeds(first: str, seed: str) -> None:
    assert run(seed) == first
    assert len(set(first.split())) == 9, "each piece shows something of its own"
    assert hashlib.sha256(b"").hexdigest() not in first
