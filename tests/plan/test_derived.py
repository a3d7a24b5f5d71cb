"""Test that facts derived from child nodes are computed once for each node, and without recursion."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from glowray.plan.derived import derived
from glowray.plan.nodes import Node, Unary

COMPUTED: Counter[int] = Counter()


@dataclass(frozen=True, eq=False, repr=False)
class First(Node):
    @derived
    def num_partitions(self) -> int:
        COMPUTED[id(self)] += 1
        return 3


@dataclass(frozen=True, eq=False, repr=False)
class Next(Unary):
    @derived
    def num_partitions(self) -> int:
        COMPUTED[id(self)] += 1
        return self.input.num_partitions + 1


def test_each_node_computes_once_and_a_further_one_only_itself() -> None:
    COMPUTED.clear()
    chain: list[Node] = [First()]
    for _ in range(20_000):
        chain.append(Next(chain[-1]))
    assert chain[-1].num_partitions == 20_003
    assert chain[10_000].num_partitions == 10_003
    assert Counter(dict.fromkeys(map(id, chain), 1)) == COMPUTED
    chain.append(Next(chain[-1]))
    assert chain[-1].num_partitions == 20_004
    assert COMPUTED.total() == 20_002


def test_the_class_gives_the_property_with_its_docstring() -> None:
    assert isinstance(Node.key_partitions, derived)
    assert (Node.key_partitions.__doc__ or "").startswith("n if equal keys")
