"""Run the programs of the gallery and draw their plans, coloured by time, beside the pages: `make gallery`."""

from __future__ import annotations

import contextlib
import tempfile
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import networkx as nx

import glowray as gr
from examples.gallery import airport_log, late_airlines, les_miserables, near_duplicates, s3_to_delta, score_flights

HERE = Path(__file__).parent


def main() -> None:
    with ExitStack() as stack:
        # Paths are relative to a folder of the data, so that no picture shows where it was drawn.
        stack.enter_context(contextlib.chdir(stack.enter_context(tempfile.TemporaryDirectory())))
        data, folder = Path("data"), Path()
        data.symlink_to(late_airlines.DATA)
        late_airlines.DATA = data
        zipfile.ZipFile(data / "flights.csv.zip").extractall(folder)
        draw("late_airlines", late_airlines.report(folder))
        airport_log.write_log(folder / "airport.log")
        draw("airport_log", airport_log.busiest(folder / "airport.log", folder / "unread.jsonl"))
        stack.enter_context(s3_to_delta.store())
        draw("s3_to_delta", s3_to_delta.by_maker(s3_to_delta.refined(gr.Flow("S3 to Delta"))))
        graph = nx.les_miserables_graph()
        draw("les_miserables", les_miserables.given(les_miserables.links_of(graph), dict.fromkeys(graph, 1.0)))
        draw("near_duplicates", near_duplicates.near_duplicates(near_duplicates.topics))
        draw("score_flights", score_flights.scored(folder))


def draw(name: str, rows: Any) -> None:
    """Run a dataset and write its picture."""
    rows.collect()
    rows.plot(HERE / f"{name}.svg")


if __name__ == "__main__":
    main()
