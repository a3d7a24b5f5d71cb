"""Rows in through a queue, out through two outputs at once.

$ glowray examples channels
source 0 2 1
0: (0, 0)
1: (2, 3)
2: (4, 6)
"""

import queue
import threading

import glowray as gr


def feed(numbers: "queue.Queue[int | None]") -> None:
    """Send 0, 1 and 2, then the end."""
    for number in (0, 1, 2, None):
        numbers.put(number)


def main() -> None:
    numbers: queue.Queue[int | None] = queue.Queue()
    joined: queue.Queue[tuple[int, tuple[int, int]] | None] = queue.Queue()
    seen: list[int] = []

    flow = gr.Flow("channels")
    source: gr.Dataset[int] = flow.from_channel(numbers, partitions=2).output(seen.append)
    doubled, tripled = source.map(lambda n: (n, n * 2)), source.map(lambda n: (n, n * 3))
    doubled.join(tripled).output(joined)

    threading.Thread(target=feed, args=(numbers,)).start()
    flow.run()
    print("source", *seen)
    for key, sides in sorted(iter(joined.get, None)):
        print(f"{key}: {sides}")


if __name__ == "__main__":
    main()
