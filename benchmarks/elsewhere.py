"""A large object on S3 beside the same file on disk: seconds, and the peak memory of all processes.

    python -m benchmarks.elsewhere --size 2_000_000_000 --engine inline

A server on loopback stands in for S3. `transfer` only reads the object. A job on S3 should take as long as the job on
the file and the transfer together. Each run has a process of its own, and the programs take turns.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import glowray as gr
from benchmarks import data
from benchmarks.measure import PERIOD, ROOT
from benchmarks.processes import tree_bytes

PIECE_BYTES = 1 << 20


def words(flow: gr.Flow, path: str, options: dict[str, Any]) -> Any:
    """Count words, and return the most frequent one."""
    lines = flow.read_text(path, storage_options=options)
    return lines.flat_map(lambda line: line.split()).count_by_value().top(1, key=lambda word, n: (n, word)).collect()


def csv_rows(flow: gr.Flow, path: str, options: dict[str, Any]) -> Any:
    """Return the bytes of a column of a CSV file."""
    return flow.read_csv(path, storage_options=options).map(lambda row: len(row["text"])).sum()


def json_rows(flow: gr.Flow, path: str, options: dict[str, Any]) -> Any:
    """Return the bytes of a field of JSON lines."""
    return flow.read_json(path, storage_options=options).map(lambda row: len(row["text"])).sum()


def parquet_rows(flow: gr.Flow, path: str, options: dict[str, Any]) -> Any:
    """Return the bytes of a column of a Parquet file."""
    return flow.read_parquet(path, storage_options=options).map(lambda row: len(row["text"])).sum()


JOBS: dict[str, Callable[[gr.Flow, str, dict[str, Any]], Any]] = {
    "txt": words,
    "csv": csv_rows,
    "jsonl": json_rows,
    "parquet": parquet_rows,
}


class Objects(BaseHTTPRequestHandler):
    """Answers requests for the objects of a folder, whole or a byte range, as S3 does."""

    protocol_version = "HTTP/1.1"
    folder = Path()

    def do_GET(self) -> None:
        path = self.folder / Path(self.path.partition("?")[0]).name
        if not path.is_file():
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        size = path.stat().st_size
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        start, stop = (int(asked[1]), min(int(asked[2]) + 1, size)) if asked else (0, size)
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(stop - start))
        self.send_header("Last-Modified", "Thu, 01 Jan 1970 00:00:00 GMT")
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{size}")
        self.end_headers()
        if self.command == "GET":
            with path.open("rb") as file:
                while start < stop:
                    start += os.sendfile(self.wfile.fileno(), file.fileno(), start, stop - start)

    do_HEAD = do_GET  # noqa: N815  (the name that the base class looks for)

    def log_message(self, *args: object) -> None:
        pass


def serve(folder: Path, ports: Any) -> None:
    """Serve a folder for ever. Put the port into `ports`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Objects,), {"folder": folder}))
    ports.put(server.server_address[1])
    server.serve_forever()


@contextmanager
def store(folder: Path) -> Iterator[str]:
    """Start the stand-in for S3 in another process. Yield its URL."""
    ports: Any = multiprocessing.Queue()
    process = multiprocessing.Process(target=serve, args=(folder, ports), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ports.get()}"
    finally:
        process.terminate()
        process.join()


def make_file(folder: Path, kind: str, text: Path) -> Path:
    """Return the lines of a text in another format, as records with one field `text`."""
    made = folder / f"{text.stem}.{kind}"
    if kind == "txt" or made.exists():
        return text if kind == "txt" else made
    lines = gr.Flow(engine="inline", progress=False).read_text(str(text))
    with tempfile.TemporaryDirectory(dir=folder) as beside:
        records = lines.map(lambda line: {"text": line})
        if kind == "csv":
            records.write_csv(f"{beside}/made", single_file=True)
        elif kind == "jsonl":
            records.write_json(f"{beside}/made", single_file=True)
        else:
            records.write_parquet(f"{beside}/made", single_file=True)
        os.replace(f"{beside}/made", made)
    return made


def run_here(program: str, kind: str, path: str, endpoint: str, engine: str) -> None:
    """Run one program in this process. Print its seconds and its answer."""
    options = {"key": "k", "secret": "s", "endpoint_url": endpoint}
    if program != "transfer" and engine == "ray":
        import ray

        ray.init(num_cpus=2, logging_level="error")
    began = time.perf_counter()
    if program == "transfer":
        with urllib.request.urlopen(f"{endpoint}/bucket/{Path(path).name}") as answer:
            while answer.read(PIECE_BYTES):
                pass
        found: Any = ""
    else:
        flow = gr.Flow(engine=engine, progress=False)
        target = f"s3://bucket/{Path(path).name}" if program == "s3" else path
        found = JOBS[kind](flow, target, options if program == "s3" else {})
    print(time.perf_counter() - began, found, flush=True)


def run_apart(arguments: list[str]) -> tuple[float, int, str]:
    """Run a program in a process of its own. Return its seconds, its peak in bytes, and its answer."""
    command = [sys.executable, "-m", "benchmarks.elsewhere", "--run", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        peak = 0
        while process.poll() is None:
            peak = max(peak, tree_bytes(process.pid) or 0)
            time.sleep(PERIOD)
        assert process.stdout is not None
        seconds, _, answer = process.stdout.read().strip().partition(" ")
    return float(seconds), peak, answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=2_000_000_000)
    parser.add_argument("--engine", choices=["inline", "ray"], default="inline")
    parser.add_argument("--kinds", nargs="*", choices=JOBS, default=list(JOBS))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--run", nargs=5, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.run:
        run_here(*given.run)
        return
    folder = ROOT / "benchmarks" / "data"
    text = data.text(folder, given.size)
    for kind in given.kinds:
        path = make_file(folder, kind, text)
        with store(folder) as endpoint:
            compare(kind, path, endpoint, given.engine, given.runs)


def compare(kind: str, path: Path, endpoint: str, engine: str, runs: int) -> None:
    """Run the programs of a format in turns, and print a line."""
    times: dict[str, list[float]] = {"local": [], "transfer": [], "s3": []}
    peaks: dict[str, int] = {}
    answers: set[str] = set()
    for _ in range(runs):
        for program, seconds in times.items():
            took, peak, answer = run_apart([program, kind, str(path), endpoint, engine])
            seconds.append(took)
            peaks[program] = max(peak, peaks.get(program, 0))
            answers.add(answer)
    assert len(answers - {""}) == 1, answers
    local, transfer, s3 = (statistics.median(found) for found in times.values())
    print(
        f"{kind:8} {path.stat().st_size / 1e9:.2f} GB  {engine}: local {local:.2f} s, transfer {transfer:.2f} s, s3 "
        f"{s3:.2f} s, ratio {s3 / (local + transfer):.2f}; peak of local {peaks['local'] / 2**20:.0f} MiB, of s3 "
        f"{peaks['s3'] / 2**20:.0f} MiB",
        flush=True,
    )


if __name__ == "__main__":
    main()
