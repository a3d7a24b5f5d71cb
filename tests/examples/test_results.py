"""What the examples print is right: held against plain Python or against a published answer."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.examples.programs import EXAMPLES, FOLDER, Example, installed

SONNETS = sorted((FOLDER / "data" / "sonnets").glob("*.txt"))
POSTS = FOLDER / "data" / "posts.xml"


def shown(name: str) -> list[str]:
    """The lines that an example prints."""
    return Example.of(EXAMPLES[name]).output.splitlines()


def cells(name: str) -> list[list[str]]:
    """The rows of the table that an example prints."""
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown(name) if line.startswith("│")][1:]


def test_word_count() -> None:
    words = Counter(re.findall(r"\w+", "".join(path.read_text() for path in SONNETS)))
    best = sorted(words.items(), key=lambda pair: (pair[1], pair[0]), reverse=True)[:10]
    assert [line.split()[:2] for line in shown("word_count")[3:13]] == [[word, str(n)] for word, n in best]


def test_map_reduce() -> None:
    total = sum(len(path.read_text().split()) for path in SONNETS)
    assert shown("map_reduce") == [f"{total} words"]


def test_partition_and_sort() -> None:
    assert shown("partition_and_sort")[1:] == sorted(SONNETS[0].read_text().splitlines())


def test_self_join() -> None:
    lines = [set(re.findall(r"[a-z]{6,}", line.lower())) for line in SONNETS[0].read_text().splitlines()]
    pairs = {
        (word, str(first + 1), str(second + 1))
        for second, words in enumerate(lines)
        for first in range(second)
        for word in words & lines[first]
    }
    assert {tuple(row) for row in cells("self_join")} == pairs


def test_join_counts() -> None:
    left, right = (Counter(re.findall(r"[a-z]{4,}", path.read_text().lower())) for path in (SONNETS[0], SONNETS[-1]))
    both = sorted(left.keys() & right.keys())
    assert [line.split() for line in shown("join_counts")] == [
        [word, f"{left[word]}", f"{right[word]}"] for word in both
    ]


def test_the_posts_are_those_of_their_generator() -> None:
    made = subprocess.run(
        [sys.executable, str(POSTS.with_name("make_posts.py"))], capture_output=True, text=True, timeout=60, check=True
    )
    assert made.stdout == POSTS.read_text()


def test_stack_analysis() -> None:
    posts = [dict(row.attrib) for row in ElementTree.parse(POSTS).getroot()]
    asked = [post for post in posts if post["PostTypeId"] == "1"]
    tags = Counter(tag for post in asked for tag in re.findall("<(.+?)>", post["Tags"]))
    months = Counter(post["CreationDate"][:7] for post in asked)
    best = sorted(tags.items(), key=lambda pair: (pair[1], pair[0]), reverse=True)[:3]
    expected = [[str(n), tag] for tag, n in best] + [[month, str(n)] for month, n in sorted(months.items())]
    assert [line.split() for line in shown("stack_analysis")] == expected


def test_page_rank_is_the_published_one() -> None:
    # https://en.wikipedia.org/wiki/PageRank, the graph at its head
    published = {"A": 3.3, "B": 38.4, "C": 34.3, "D": 3.9, "E": 8.1, "F": 3.9} | dict.fromkeys("GHIJK", 1.6)
    ranks = {line.split()[0]: float(line.split()[1].rstrip("%")) for line in shown("page_rank")[1:]}
    assert ranks == published


def test_k_means_finds_the_centres() -> None:
    for line, centre in zip(shown("k_means"), [(0, 0), (2, 7), (6, 1)], strict=True):
        assert [float(number) for number in line.split()] == pytest.approx(centre, abs=0.1)


def test_pi_is_near() -> None:
    assert float(shown("pi")[0].split()[-1]) == pytest.approx(3.14159, abs=0.01)


def test_word_count_of_what_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLES["word_count"]), "nowhere.txt"]
    ran = subprocess.run(command, cwd=tmp_path, env=installed(tmp_path), capture_output=True, text=True, timeout=60)
    assert ran.returncode == 2
    assert ran.stderr.splitlines()[-1] == 'word_count: error: "nowhere.txt" does not exist'
