"""PageRank: ranks flow along cached links, round after round, until they stand still.

$ glowray examples page_rank
"""

import glowray as gr

LINKS = "B>C C>B D>A D>B E>B E>D E>F F>B F>E G>B G>E H>B H>E I>B I>E J>E K>E"
DAMPING = 0.85


def shares(page: str, to: list[str], rank: float) -> list[tuple[str, float]]:
    """What a page gives to those that it links to; and nothing to itself, so that no page is lost."""
    return [(page, 0.0), *((other, rank / len(to)) for other in to)]


def main() -> None:
    edges = [(link[0], link[2]) for link in LINKS.split()]
    pages = sorted({page for edge in edges for page in edge})
    dead_ends = [(page, other) for page in sorted(set(pages) - {source for source, _ in edges}) for other in pages]
    flow = gr.Flow("PageRank")
    links = flow.from_items(edges + dead_ends, partitions=4).group_by_key().cache()
    ranks = flow.from_items([(page, 1 / len(pages)) for page in pages])
    moved, rounds = 1.0, 0
    while moved > 1e-4:
        given = links.join(ranks).flat_map(shares).reduce_by_key(lambda a, b: a + b)
        new = given.map_values(lambda rank: (1 - DAMPING) / len(pages) + DAMPING * rank).cache()
        moved = ranks.join(new).map(lambda page, old, rank: abs(rank - old)).max()
        ranks, rounds = new, rounds + 1
    print(f"{rounds} rounds")
    for page, rank in ranks.sort(key=lambda page, rank: (-rank, page)):
        print(f"{page} {rank:6.1%} {'█' * round(rank * 50)}")


if __name__ == "__main__":
    main()
