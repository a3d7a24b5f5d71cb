"""Lines of two partitions come out in one global order.

$ glowray examples partition_and_sort
2 partitions
And every fair from fair sometime declines,
And often is his gold complexion dimm'd;
And summer's lease hath all too short a date;
But thy eternal summer shall not fade,
By chance or nature's changing course untrimm'd;
Nor lose possession of that fair thou ow'st;
Nor shall death brag thou wander'st in his shade,
Rough winds do shake the darling buds of May,
Shall I compare thee to a summer's day?
So long as men can breathe or eyes can see,
So long lives this, and this gives life to thee.
Sometime too hot the eye of heaven shines,
Thou art more lovely and more temperate:
When in eternal lines to time thou grow'st:
"""

from pathlib import Path

import glowray as gr

SONNET = Path(__file__).with_name("data") / "sonnet018.txt"


def main() -> None:
    lines = gr.Flow("partition and sort").read_text(SONNET, partitions=7).repartition(2)
    ordered = lines.sort()
    print(f"{lines.num_partitions} partitions")
    for line in ordered:
        print(line)


if __name__ == "__main__":
    main()
