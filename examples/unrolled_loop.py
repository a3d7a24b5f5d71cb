"""Seven maps on a channel, run as one chain in each task.

$ glowray examples unrolled_loop
7: 7
9: 11
11: 15
8: 9
10: 13
2 tasks of from_channel→map→map→map→map→map→map→map→map
"""

import glowray as gr


def main() -> None:
    flow = gr.Flow("unrolled loop")
    pairs = flow.from_channel(iter(range(5)), partitions=2).map(lambda n: (n, n * 2))
    for _ in range(7):
        pairs = pairs.map(lambda x, y: (x + 1, y + 1))

    pairs.output(lambda x, y: print(f"{x}: {y}"))
    flow.run()
    print(f"{flow.stats.tasks} tasks of {flow.stats.stages[0].name}")


if __name__ == "__main__":
    main()
