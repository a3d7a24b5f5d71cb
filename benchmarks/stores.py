"""Word count of an object on S3 beside the same file on disk and the plain transfer of its bytes, in turns.

    python -m benchmarks.stores                        # 200 MB, five turns
    python -m benchmarks.stores --size 1GB --turns 3 --engine ray

The bar is 1.3 times the local run plus the transfer by obstore. The server is a process of its own on this machine. Its
work takes the same cores, in the transfer as in the job.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import glowray as gr
from benchmarks import data
from benchmarks.object_store import BUCKET, object_store
from benchmarks.run import parse_size

BAR = 1.3
RANGE_BYTES = 8 << 20


def count_words(flow: gr.Flow, path: str, options: dict[str, str] | None) -> object:
    """Return the thousand most frequent words."""
    return (
        flow.read_text(path, storage_options=options)
        .flat_map(lambda line: line.split())
        .map(lambda word: (word, 1))
        .reduce_by_key(lambda a, b: a + b)
        .top(1000, key=lambda word, n: (n, word))
        .collect()
    )


def transfer(options: dict[str, str], name: str, size: int) -> int:
    """Read an object by ranges, as its one reader. Return the bytes that came."""
    import obstore
    from obstore.store import S3Store

    store = S3Store(
        BUCKET,
        access_key_id=options["key"],
        secret_access_key=options["secret"],
        region=options["region"],
        endpoint=options["endpoint_url"],
        client_options={"allow_http": True},
    )
    starts = range(0, size, RANGE_BYTES)
    return sum(len(obstore.get_range(store, name, start=at, end=min(at + RANGE_BYTES, size))) for at in starts)


def seconds_of(act: Callable[[], object]) -> float:
    """Return the seconds that a function takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def main() -> None:
    """Print the seconds of each turn, and their medians."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--size", type=parse_size, default=200_000_000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--engine", choices=("inline", "ray"), default="inline")
    given = parser.parse_args()
    flow = gr.Flow("words", engine=given.engine, progress=False)
    with tempfile.TemporaryDirectory() as folder:
        text = data.text(Path(__file__).parent / "data", given.size).resolve()
        Path(folder, text.name).symlink_to(text)
        with object_store(Path(folder)) as options:
            url, size = f"s3://{BUCKET}/{text.name}", text.stat().st_size
            runs: dict[str, Callable[[], object]] = {
                "disk": lambda: count_words(flow, str(text), None),
                "transfer": lambda: transfer(options, text.name, size),
                "s3": lambda: count_words(flow, url, options),
            }
            assert runs["disk"]() == runs["s3"](), "the two answers differ"
            found: dict[str, list[float]] = {name: [] for name in runs}
            for _ in range(given.turns):
                for name, act in runs.items():
                    found[name].append(seconds_of(act))
                print("  ".join(f"{name} {times[-1]:.2f} s" for name, times in found.items()), flush=True)
    disk, moved, s3 = (statistics.median(times) for times in found.values())
    ratio = s3 / (disk + moved)
    print(f"medians: disk {disk:.2f} s  transfer {moved:.2f} s  s3 {s3:.2f} s  ratio {ratio:.2f}  bar {BAR}")


if __name__ == "__main__":
    main()
