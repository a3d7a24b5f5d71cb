"""`python -m benchmarks.everyday [NAME …]`: count the everyday functions that run in columns."""

from __future__ import annotations

import sys
import warnings

from benchmarks.everyday import EVERYDAY
from benchmarks.everyday.counting import MOSTLY, in_columns

warnings.simplefilter("ignore")


def main(names: set[str]) -> None:
    """Print the share of rows in columns for each function, the reasons, and the count."""
    warnings.simplefilter("ignore")
    chosen = [each for each in EVERYDAY if not names or each.name in names]
    reached = 0
    for example in chosen:
        share, why = in_columns(example)
        reached += share >= MOSTLY
        print(f"{example.name:24} {share:4.0%}  {why if names else '; '.join(reasons(why))}")
    print(f"{reached} of {len(chosen)} run in columns")


def reasons(explained: str) -> list[str]:
    """Return the lines of explain() on functions that are not at the level arrow."""
    _, _, rest = explained.partition("functions\n")
    functions = rest.partition("\ntime\n")[0].splitlines()
    return [line.strip().split("  ", 2)[-1] for line in functions if " arrow" not in line or "handed" in line]


main(set(sys.argv[1:]))
