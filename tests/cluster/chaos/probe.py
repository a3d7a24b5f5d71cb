"""`python -m tests.cluster.chaos.probe ORDER`: run the next jobs after a round.

They write to the same targets and change no rows. So they remove what a job that died has left there.
"""

from __future__ import annotations

import json
import sys

import glowray as gr
from tests.cluster.chaos.jobs import Places

SUM = "sum"


def sweep(places: Places, targets: list[str]) -> None:
    """Run a job on each target: append no rows to a folder, replace the file of bad rows."""
    flow = gr.Flow("sweep", engine="inline", progress=False)
    for name in targets:
        if name == "letters":
            bad = gr.Flow("sweep", engine="inline", on_error=places.letters, progress=False)
            bad.from_items([1]).map(lambda n: n).count()
        elif name == "store":
            flow.from_items([]).write_text(places.store, mode="append", storage_options=places.options)
        else:
            flow.from_items([]).write_text({"folder": places.folder, "other": places.other}[name], mode="append")


def main(order: str) -> None:
    """Run the jobs, and print the result of the first."""
    fields = json.loads(order)
    gr.connect()
    total = gr.Flow("next", engine="ray", progress=False).from_range(6, partitions=6).map(lambda n: n * n).sum()
    sweep(Places(**fields["places"]), fields["targets"])
    print(SUM, total, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
