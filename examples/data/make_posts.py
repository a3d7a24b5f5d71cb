"""Make posts.xml: questions and answers in the format of Stack Exchange's data dump, the same at every call.

`python make_posts.py > posts.xml`
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from xml.sax.saxutils import quoteattr

TAGS = {"python": 9, "c#": 7, ".net": 5, "sql": 5, "regex": 3, "c++": 3, "xml": 2, "algorithm": 2, "css": 2, "git": 1}
POSTS = 240


def posts(count: int = POSTS, seed: int = 2008) -> Iterator[str]:
    """Yield the lines of the file: a declaration, <posts>, a <row> for each post in order of time, </posts>."""
    dice = random.Random(seed)
    when = datetime(2008, 7, 31, 21, 42, 52, 667000)
    questions: list[int] = []
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield "<posts>"
    for number in range(1, count + 1):
        when += timedelta(milliseconds=dice.randrange(86_400_000))
        if questions and dice.random() < 0.6:
            kind = {"PostTypeId": 2, "ParentId": dice.choice(questions)}
            own: dict[str, object] = {}
        else:
            questions.append(number)
            kind = {"PostTypeId": 1}
            own = question(dice)
        yield row({"Id": number} | kind | common(dice, when) | own)
    yield "</posts>"


def common(dice: random.Random, when: datetime) -> dict[str, object]:
    """Return the attributes of questions and answers. The body is HTML."""
    return {
        "CreationDate": when.isoformat(timespec="milliseconds"),
        "Score": dice.randrange(-2, 40),
        "Body": f"<p>{' '.join(dice.choices('how do I parse <b>this</b> & that in a loop'.split(), k=8))}</p>\n",
        "OwnerUserId": dice.randrange(1, 60),
        "CommentCount": dice.randrange(6),
    }


def question(dice: random.Random) -> dict[str, object]:
    """Return the attributes that only questions have: views, a title, and one to four tags as <a><b>."""
    tags = dict.fromkeys(dice.choices(list(TAGS), weights=list(TAGS.values()), k=dice.randrange(1, 5)))
    return {
        "ViewCount": dice.randrange(20, 5000),
        "Title": f"How to use {' and '.join(tags)}?",
        "Tags": "".join(f"<{tag}>" for tag in tags),
        "AnswerCount": dice.randrange(5),
    }


def row(attributes: dict[str, object]) -> str:
    """Return the line of a post."""
    texts = (f"{name}={quoteattr(str(value))}" for name, value in attributes.items())
    return f"  <row {' '.join(texts)} />"


if __name__ == "__main__":
    for line in posts():
        print(line)
