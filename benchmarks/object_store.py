"""An S3 server of files of this disk, as a process of its own: moto's server, which reads ranges from the files.

moto keeps each object in memory and copies it for each range. Here a range is read from the file, so that the server
costs about what a store's network costs.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

BUCKET = "bench"
OPTIONS = {"key": "bench", "secret": "bench-secret", "region": "us-east-1"}


class FileContent:
    """The content of a file. `content[start:stop]` reads these bytes."""

    def __init__(self, path: Path) -> None:
        self._path, self._size = path, path.stat().st_size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(self._size)
        file = os.open(self._path, os.O_RDONLY)
        try:
            return os.pread(file, stop - start, start)
        finally:
            os.close(file)


def serve(folder: Path) -> None:
    """Serve the files of a folder as the objects of a bucket, until the standard input ends. Print the URL."""
    from moto.core.models import DEFAULT_ACCOUNT_ID
    from moto.s3.models import FakeKey, s3_backends
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    contents: dict[str, FileContent] = {}

    # moto's keys are made by a metaclass that takes no classes of others.
    setattr(FakeKey, "value", property(lambda key: contents[key.name], lambda key, content: None))  # noqa: B010
    setattr(FakeKey, "size", property(lambda key: len(contents[key.name])))  # noqa: B010
    store = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    store.create_bucket(BUCKET, "us-east-1")
    for path in sorted(folder.iterdir()):
        contents[path.name] = FileContent(path)
        store.put_object(BUCKET, path.name, b"")
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    print(f"http://{host}:{port}", flush=True)
    sys.stdin.read()
    server.stop()


@contextlib.contextmanager
def object_store(folder: Path) -> Iterator[dict[str, str]]:
    """Serve the files of a folder from another process. Give the `storage_options` that open `s3://bench/NAME`."""
    import subprocess

    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.object_store", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parent.parent,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        if not url:
            raise RuntimeError("the S3 server did not start: install moto[s3,server]")
        yield {**OPTIONS, "endpoint_url": url}
    finally:
        process.stdin.close()
        process.wait(timeout=60)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
