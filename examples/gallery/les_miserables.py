"""PageRank of the characters of Les Misérables: who meets whom, as Donald Knuth counted it, from the package networkx.

$ python examples/gallery/les_miserables.py
┌────────────┬───────┐
│ character  │ rank  │
├────────────┼───────┤
│ Valjean    │ 9.96% │
│ Marius     │ 5.17% │
│ Myriel     │ 3.92% │
│ Cosette    │ 3.69% │
│ Enjolras   │ 3.66% │
│ Thenardier │ 3.57% │
│ Courfeyrac │ 3.30% │
│ Gavroche   │ 2.83% │
└────────────┴───────┘
"""

from collections.abc import Mapping
from operator import add
from typing import Any

import networkx as nx

import glowray as gr
from glowray.dataset import Dataset

DAMPING = 0.85
SETTLED = 1e-6


def shares(name: str, meets: list[tuple[str, int]], rank: float) -> list[tuple[str, float]]:
    """Return the rank that a character gives to each one they meet, by the number of chapters."""
    total = sum(chapters for _, chapters in meets)
    return [(other, rank * chapters / total) for other, chapters in meets]


def given(links: Dataset[Any], found: Mapping[str, float]) -> Dataset[tuple[str, float]]:
    """Return the sum of the ranks that each character is given in a round."""
    ranks = links.flow.from_items(found.items(), partitions=4)
    return links.join(ranks).flat_map(shares).reduce_by_key(add)


def links_of(graph: nx.Graph) -> Dataset[Any]:
    """Return (character, [(other, chapters)]), cached, so that each round moves ranks alone."""
    edges = [(a, (b, link["weight"])) for a, b, link in graph.edges(data=True)]
    edges += [(b, (a, chapters)) for a, (b, chapters) in edges]
    return gr.Flow("Les Misérables").from_items(edges, partitions=4).group_by_key().cache()


def ranks(graph: nx.Graph) -> dict[str, float]:
    """Return {character: rank}."""
    links, count = links_of(graph), len(graph)
    found, change = dict.fromkeys(graph, 1 / count), 1.0
    while change > SETTLED:
        settled = given(links, found).map_values(lambda rank: (1 - DAMPING) / count + DAMPING * rank)
        new = settled.to_dict()
        change, found = sum(abs(new[name] - found[name]) for name in graph), new
    return found


def main() -> None:
    found = ranks(nx.les_miserables_graph())
    rows = [{"character": name, "rank": f"{rank:.2%}"} for name, rank in found.items()]
    gr.from_items(rows).top(8, lambda row: float(row["rank"][:-1])).show()


if __name__ == "__main__":
    main()
