"""Test the results of the examples against plain Python or a published answer."""

from __future__ import annotations

import csv
import math
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.examples.programs import EXAMPLES, FOLDER, Example, installed

DATA = FOLDER / "data"
SONNETS = sorted(DATA.glob("sonnet*.txt"))
POSTS = DATA / "posts.xml"


def shown(name: str) -> list[str]:
    """Return the lines that an example prints."""
    return Example.of(EXAMPLES[name]).output.splitlines()


def cells(name: str) -> list[list[str]]:
    """Return the rows of the table that an example prints."""
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
        [sys.executable, str(POSTS.with_name("make_posts.py"))], capture_output=True, text=True, timeout=300, check=True
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
    # https://en.wikipedia.org/wiki/PageRank, the graph at the top
    published = {"A": 3.3, "B": 38.4, "C": 34.3, "D": 3.9, "E": 8.1, "F": 3.9} | dict.fromkeys("GHIJK", 1.6)
    ranks = re.findall(r"([A-K]) ([\d.]+)%", shown("page_rank")[0])
    assert {page: float(rank) for page, rank in ranks} == published


def test_invert_file() -> None:
    index: dict[str, list[str]] = {}
    for path in SONNETS:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for word in set(re.findall(r"[a-z]{6,}", line.lower())):
                index.setdefault(word, []).append(f"{path.stem}:{number}")
    assert [line.split() for line in shown("invert_file")] == [
        [word, *found] for word, found in sorted(index.items()) if len(found) > 2
    ]


def test_tf_idf() -> None:
    words = {path.stem: re.findall(r"[a-z']{3,}", path.read_text().lower()) for path in SONNETS}
    poems = Counter(word for found in words.values() for word in set(found))
    for line, (poem, found) in zip(shown("tf_idf"), words.items(), strict=True):
        scores = {word: n * math.log(len(words) / poems[word]) for word, n in Counter(found).items()}
        best = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:3]
        assert line.split() == [poem, *(text for word, score in best for text in (word, f"{score:.2f}"))]


def test_csv_join() -> None:
    planets, moons = (
        list(csv.DictReader(path.read_text().splitlines())) for path in (DATA / "planets.csv", DATA / "moons.csv")
    )
    own = {planet["planet"]: [moon for moon in moons if moon["planet"] == planet["planet"]] for planet in planets}
    largest = {
        name: max(found, key=lambda moon: float(moon["radius_km"]))["moon"] for name, found in own.items() if found
    }
    expected = [
        [row["planet"], row["kind"], str(len(own[row["planet"]])), largest.get(row["planet"], "None")]
        for row in planets
    ]
    assert sorted(cells("csv_join")) == sorted(expected)
    assert [int(row[2]) for row in cells("csv_join")] == sorted((len(found) for found in own.values()), reverse=True)


def test_save_to_file() -> None:
    words = sorted((word for path in SONNETS for word in path.read_text().split()), key=str.lower)
    parts = [line.split(" ", 1)[1] for line in shown("save_to_file") if line.startswith("part-")]
    assert shown("save_to_file")[0] == f"{len(words)} rows, {sum(len(word) + 1 for word in words):,} bytes"
    assert (parts[0].split()[0], parts[-1].split()[-1]) == (words[0], words[-1])


def test_k_means_finds_the_centres() -> None:
    for line, centre in zip(shown("k_means"), [(0, 0), (2, 7), (6, 1)], strict=True):
        assert [float(number) for number in line.split()] == pytest.approx(centre, abs=0.1)


def test_pi_is_near() -> None:
    assert float(shown("pi")[0].split()[-1]) == pytest.approx(3.14159, abs=0.01)


@pytest.mark.slow
def test_word_count_of_what_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLES["word_count"]), "nowhere.txt"]
    ran = subprocess.run(command, cwd=tmp_path, env=installed(tmp_path), capture_output=True, text=True, timeout=300)
    assert ran.returncode == 2
    assert ran.stderr.splitlines()[-1] == 'word_count: error: "nowhere.txt" does not exist'
