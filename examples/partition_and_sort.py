"""Partition and sort: lines spread over two partitions come out in one global order.

    $ glowray examples partition_and_sort
"""

from pathlib import Path

import glowray as gr

SONNET = Path(__file__).with_name("data") / "sonnets" / "018.txt"


def main() -> None:
    lines = gr.Flow("partition and sort").read_text(SONNET, partitions=7).repartition(2)
    ordered = lines.sort()
    print(f"{lines.num_partitions} partitions")
    for line in ordered:
        print(line)


if __name__ == "__main__":
    main()
