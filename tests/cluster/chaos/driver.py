"""`python -m tests.cluster.chaos.driver ORDER`: run the job of a round on the cluster, and print its result."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import glowray as gr
from tests.cluster.chaos.faults import Fault, Fuses
from tests.cluster.chaos.jobs import Places, run

BEGUN, RESULT = "begun", "result "


def main(order: str) -> None:
    """Run the job. Afterwards run a small one without the cluster, to show that the process goes on."""
    fields = json.loads(order)
    gr.connect()
    print(BEGUN, flush=True)
    fuses = Fuses(fields["fuses"], tuple(Fault(**fault) for fault in fields["faults"]))
    result = run(fields["job"], "ray", Places(**fields["places"]), fuses, "new")
    assert gr.Flow(engine="inline").from_range(5).sum() == 10
    print(RESULT + json.dumps(asdict(result)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
