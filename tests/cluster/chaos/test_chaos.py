"""Test a few rounds of faults at random, on three hosts."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cluster.network import MISSING, can_make_hosts
from tests.engine.signals import ROOT

pytestmark = pytest.mark.cluster

SEED, ROUNDS = 1, 3


@pytest.mark.skipif(not can_make_hosts(), reason=f"NOT TESTED: {MISSING}")
def test_some_rounds_break_no_rule() -> None:
    command = [sys.executable, "-m", "tests.cluster.chaos", "--rounds", str(ROUNDS), "--seed", str(SEED)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{ROUNDS} rounds, 0 of them broke a rule" in done.stdout
