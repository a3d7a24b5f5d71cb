"""PageRank: ranks flow along cached links until they settle.

$ glowray examples page_rank
after 48 rounds: A 3.3% B 38.4% C 34.3% D 3.9% E 8.1% F 3.9% G 1.6% H 1.6% I 1.6% J 1.6% K 1.6%
"""

from collections.abc import Sequence
from operator import add

import glowray as gr

LINKS = "B>C C>B D>A D>B E>B E>D E>F F>B F>E G>B G>E H>B H>E I>B I>E J>E K>E"
DAMPING = 0.85


def shares(page: str, to: Sequence[str], rank: float) -> list[tuple[str, float]]:
    """Return the rank that a page gives to each page it links to. It gives itself 0, so that every page has a row."""
    return [(page, 0.0), *((other, rank / len(to)) for other in to)]


def main() -> None:
    edges = [(link[0], link[2]) for link in LINKS.split()]
    pages = sorted({page for edge in edges for page in edge})
    dead_ends = [(page, other) for page in sorted(set(pages) - {source for source, _ in edges}) for other in pages]
    flow = gr.Flow("PageRank")
    links = flow.from_items(edges + dead_ends, partitions=4).group_by_key().cache()
    old, ranks, rounds = dict.fromkeys(pages, 0.0), dict.fromkeys(pages, 1 / len(pages)), 0
    while max(abs(ranks[page] - old[page]) for page in pages) > 1e-4:
        given = links.join(flow.from_items(ranks.items())).flat_map(shares).reduce_by_key(add)
        old, rounds = ranks, rounds + 1
        ranks = given.map_values(lambda rank: (1 - DAMPING) / len(pages) + DAMPING * rank).to_dict()
    print(f"after {rounds} rounds:", *(f"{page} {ranks[page]:.1%}" for page in pages))


if __name__ == "__main__":
    main()
