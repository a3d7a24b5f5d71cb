"""Everyday functions of one text: cleaning, cutting, testing and counting."""

from __future__ import annotations

import re
import string
from collections import Counter
from typing import Any

from benchmarks.everyday.catalogue import everyday

STOPWORDS = {"the", "a", "of", "and", "to", "in"}
STATES = {"ma": "Massachusetts", "ny": "New York", "ca": "California", "tx": "Texas"}
BAD_WORDS = ["spam", "casino", "lottery"]
PUNCTUATION = str.maketrans("", "", string.punctuation)
SPACES = re.compile(r"\s+")
TAG = re.compile(r"<[^>]+>")
PHONE = re.compile(r"^(\d{3})-(\d{3})-(\d{4})$")

NAMES = [
    " Ada LOVELACE ", "alan turing", "Grace  Hopper", "Barbara Liskov", "donald KNUTH", "Edsger Dijkstra",
    "Frances Allen", "john backus", "Margaret Hamilton ", "Tony Hoare", "Niklaus Wirth", "Radia Perlman",
]  # fmt: skip
LINES = [
    "the quick brown fox jumps over the lazy dog", "a rose is a rose", "to be or not to be", "in the beginning",
    "all happy families are alike", "call me ishmael", "it was the best of times", "of mice and men",
    "the old man and the sea", "brave new world", "pride and prejudice", "war and peace",
]  # fmt: skip
CITIES = ["Boston, MA", "Albany, NY", "Fresno, CA", "Austin, TX", "Salem, MA", "Buffalo, NY", "Oakland, CA", "Waco, TX"]
PRICES = ["$1,200", "$950", "$3,450,000", "$12", "$780", "$45,000", "$99", "$1,000", "$64", "$250", "$1,750", "$8"]
PHONES = ["617-555-0101", "212-555-0102", "415-555-0103", "512-555-0104", "617-555-0105", "5550106", "212-555-0107"]
HTML = ["<b>bold</b> move", "plain", "<i>x</i> and <u>y</u>", "no tags at all", "<p>para</p>", "end<br>", "<a>b</a>"]
EMAILS = ["ada@example.org", "alan@example.com", "not an address", "grace@navy.mil", "don@stanford.edu", "tony@ox.uk"]
TITLES = ["Dr. Who", "MR. BEAN", "mrs dalloway", "Ms. Marple", "the idiot", "Lord Jim", "Lady Bird", "Emma", "Nana"]


@everyday(NAMES)
def clean_name(s: str) -> str:
    return s.strip().title()


@everyday(NAMES)
def collapse_spaces(s: str) -> str:
    return " ".join(s.split())


@everyday(NAMES)
def collapse_spaces_re(s: str) -> str:
    return SPACES.sub(" ", s).strip()


@everyday(NAMES)
def initials(s: str) -> str:
    return "".join(word[0].upper() for word in s.split())


@everyday(NAMES)
def slug(s: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", s.lower()).strip("-")


@everyday(LINES, "flat_map")
def tokens(s: str) -> list[str]:
    return [w.lower() for w in s.split() if len(w) > 2]


@everyday(LINES, "flat_map")
def find_words(s: str) -> list[str]:
    return re.findall(r"[a-z]+", s)


@everyday(LINES)
def count_long_words(s: str) -> int:
    return sum(1 for w in s.split() if len(w) > 4)


@everyday(LINES)
def distinct_words(s: str) -> int:
    return len(set(s.split()))


@everyday(LINES)
def sorted_words(s: str) -> str:
    return " ".join(sorted(s.split()))


@everyday(LINES)
def vowels(s: str) -> int:
    return sum(c in "aeiou" for c in s)


@everyday(NAMES)
def letters_only(s: str) -> str:
    return "".join(c for c in s if c.isalpha())


@everyday(LINES)
def most_common_word(s: str) -> str:
    return Counter(s.split()).most_common(1)[0][0]


@everyday(LINES, "filter")
def is_clean(s: str) -> bool:
    return not any(bad in s.lower() for bad in BAD_WORDS)


@everyday(LINES, "flat_map")
def bigrams(s: str) -> list[tuple[str, str]]:
    words = s.split()
    return list(zip(words, words[1:]))  # noqa: B905, RUF007


@everyday(LINES, "flat_map")
def numbered_words(s: str) -> list[tuple[int, str]]:
    return [(i, w) for i, w in enumerate(s.split())]


@everyday(LINES)
def truncate(s: str) -> str:
    return s if len(s) <= 20 else s[:17] + "..."


@everyday(LINES)
def without_punctuation(s: str) -> str:
    return s.translate(PUNCTUATION)


@everyday(CITIES)
def state_name(s: str) -> str:
    city, state = s.split(", ")  # noqa: RUF059
    return STATES[state.lower()]


@everyday(CITIES)
def state_or_unknown(s: str) -> str:
    return STATES.get(s.split(",")[1].strip().lower(), "unknown")


@everyday(PHONES)
def digits(s: str) -> str:
    return re.sub(r"\D", "", s)


@everyday(EMAILS, "filter")
def is_email(s: str) -> bool:
    return re.match(r"[^@\s]+@[^@\s]+\.[a-z]+$", s) is not None


@everyday(EMAILS)
def domain(s: str) -> str:
    return s.split("@")[-1] if "@" in s else ""


@everyday(TITLES)
def without_title(s: str) -> str:
    for prefix in ("Dr. ", "Mr. ", "Mrs. ", "Ms. ", "Lord ", "Lady "):
        if s.startswith(prefix):
            return s[len(prefix) :]
    return s


@everyday(LINES)
def char_count(s: str) -> dict[str, Any]:
    return {"text": s, "chars": len(s), "words": len(s.split())}


@everyday(NAMES)
def reverse(s: str) -> str:
    return s[::-1]


@everyday(NAMES)
def padded(s: str) -> str:
    return f"{s.strip():<20}|"
