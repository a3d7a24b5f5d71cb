"""The ten most frequent words of Python's library, or of PATH.

$ glowray examples word_count 'examples/data/sonnet*.txt'
counting the words of examples/data/sonnet*.txt

word  count
I        13  ██████████████████████████████
to       11  █████████████████████████
s        11  █████████████████████████
and      11  █████████████████████████
the      10  ███████████████████████
in        8  ██████████████████
with      7  ████████████████
my        7  ████████████████
is        7  ████████████████
And       7  ████████████████

56 lines in 0.48 s, in this process
"""

import argparse
import re
import sysconfig
from pathlib import Path

from rich.console import Console
from rich.table import Table

import glowray as gr

LIBRARY = str(Path(sysconfig.get_path("stdlib"), "**", "*.py"))


def count(flow: gr.Flow, paths: list[str]) -> list[tuple[str, int]]:
    """Return the ten most frequent words with their counts, the most frequent first."""
    return (
        flow.read_text(paths, errors="replace")
        .flat_map(lambda line: re.findall(r"\w+", line))
        .map(lambda word: (word, 1))
        .reduce_by_key(lambda a, b: a + b)
        .top(10, key=lambda word, n: (n, word))
        .collect()
    )


def table(counts: list[tuple[str, int]]) -> Table:
    """Return a table of words and counts, with a bar for each count."""
    made = Table("word", box=None, header_style="bold", pad_edge=False)
    made.add_column("count", justify="right")
    made.add_column("")
    for word, n in counts:
        made.add_row(word, f"{n:,}", f"[cyan]{'█' * max(1, round(30 * n / counts[0][1]))}[/]")
    return made


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="word_count", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("paths", metavar="PATH", nargs="*", default=[LIBRARY], help="a file, folder or glob")
    paths = parser.parse_args(arguments).paths
    flow, console = gr.Flow("word count"), Console(highlight=False)
    console.print(f"counting the words of {', '.join(paths)}\n", soft_wrap=True)
    try:
        counts = count(flow, paths)
    except FileNotFoundError as error:
        parser.error(str(error))
    console.print(table(counts))
    place = "on Ray" if flow.stats.engine.endswith("ray") else "in this process"
    console.print(f"\n{flow.stats.stages[0].rows_in:,} lines in {flow.stats.seconds:.2f} s, {place}")


if __name__ == "__main__":
    main()
