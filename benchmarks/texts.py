"""Inputs of real text, made from a seed: JSON lines of events, customers with errors, an access log, and reviews.

One name in four and one comment in four holds letters beyond ASCII. Fields may be missing, null or wrong.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.data import COUNTRIES, SEED, once

BLOCK = 20_000
FIRST = "ada ALAN Grace édith José Zoë Łukasz barbara DONALD Søren Νίκος Ирина jean-luc Mary-Ann O'neil Günter".split()
LAST = (
    "LOVELACE Turing hopper Müller García Nuñez Nowak liskov Knuth Åberg Παππάς Петрова picard smith Weiß Çelik".split()
)
PLACES = "Boston, MA|São Paulo|  zürich |NEW YORK|Kraków|Αθήνα|москва|paris|Tōkyō|Lyon, FR".split("|")
WORDS = (
    "great product arrived late box was broken café naïve price très bon würde wieder kaufen would buy again".split()
)
ACTIONS = ("view", "view", "view", "click", "cart", "buy")
CUSTOMER_COLUMNS = ("id", "name", "email", "phone", "born", "city", "price", "discount", "tags", "note")
METHODS = ("GET", "GET", "GET", "POST", "HEAD", "PUT")
PAGES = ("/", "/index.html", "/search?q=caf%C3%A9", "/img/logo.png", "/api/v1/items/42", "/münchen", "/a/b/c.html")
AGENTS = ("Mozilla/5.0 (X11; Linux x86_64)", "curl/8.5.0", "-", "Googlebot/2.1 (+http://www.google.com/bot.html)")


def events(folder: Path, rows: int) -> Path:
    """Make JSON lines of events. One amount in ten is null; one line in a thousand has another key order."""
    return once(folder / f"events-{rows}.jsonl", lambda: _blocks(rows, 6, _event))


def customers(folder: Path, rows: int) -> Path:
    """Make a CSV file of customers with a header. Fields are as people type them."""
    return once(folder / f"customers-{rows}.csv", lambda: _with_header(_blocks(rows, 7, _customer)))


def access_log(folder: Path, rows: int) -> Path:
    """Make a log in the combined log format. One line in fifty is malformed."""
    return once(folder / f"access-{rows}.log", lambda: _blocks(rows, 8, _request))


def reviews(folder: Path, rows: int) -> Path:
    """Make JSON lines of reviews, whose field `authors` is a text of JSON, with names of people in a list."""
    return once(folder / f"reviews-{rows}.jsonl", lambda: _blocks(rows, 9, _review))


def _blocks(rows: int, salt: int, line: Callable[[random.Random, int], str]) -> Iterator[bytes]:
    made = random.Random(SEED + salt)
    for first in range(0, rows, BLOCK):
        yield "".join(line(made, row) + "\n" for row in range(first, min(first + BLOCK, rows))).encode()


def _with_header(blocks: Iterator[bytes]) -> Iterator[bytes]:
    yield (",".join(CUSTOMER_COLUMNS) + "\n").encode()
    yield from blocks


def _event(made: random.Random, row: int) -> str:
    amount = None if made.random() < 0.1 else round(made.uniform(1, 900), 2)
    event = {
        "id": row, "action": made.choice(ACTIONS), "amount": amount, "country": made.choice(COUNTRIES),
        "user": {"name": _name(made), "age": made.randint(16, 90)}, "tags": made.sample(WORDS, made.randint(0, 3)),
        "note": " ".join(made.choices(WORDS, k=made.randint(0, 6))), "paid": made.random() < 0.5,
    }  # fmt: skip
    if made.random() < 0.001:
        event = dict(reversed(event.items()))
    return json.dumps(event, ensure_ascii=made.random() < 0.1)


def _name(made: random.Random) -> str:
    return f"{made.choice(FIRST)} {made.choice(LAST)}"


def _customer(made: random.Random, row: int) -> str:
    name = _name(made)
    user = name.lower().replace(" ", ".")
    fields = [
        str(row),
        made.choice([name, f"  {name} ", f"Dr. {name}", name.upper(), ""]),
        made.choice([f"{user}@example.org", f" {user.title()}@Example.COM", user, "", "n/a"]),
        made.choice(["+49 (0)30 1234-567", "617-555-0101", "(617) 555 0102", "", "unknown", "٠١٢٣"]),
        made.choice(["1984-02-29", "1990-13-01", "12/31/1975", "", "2001-07-04", "1970-01-01"]),
        made.choice(PLACES),
        made.choice(["$1,200.50", "99.99", "€ 45,00", "free", "", "1e3", f"${made.randrange(10**4)}.00"]),
        made.choice(["10%", "5 %", "", "none", "12.5%"]),
        made.choice(["a;b;c", "new; Sale;new", "", "été;ÉTÉ", "x"]),
        " ".join(made.choices(WORDS, k=made.randint(0, 12))),
    ]
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(fields)
    return out.getvalue()


def _request(made: random.Random, row: int) -> str:
    if made.random() < 0.02:
        return made.choice(["", "- - -", "[error] client denied", "192.168.0.1 - - [bad"])
    address = ".".join(str(made.randrange(256)) for _ in range(4))
    size = made.choice(["-", str(made.randrange(10**6))])
    page, agent = made.choice(PAGES), made.choice(AGENTS)
    when = f"{made.randint(1, 28):02}/Oct/2024:{row // 3600 % 24:02}:{row // 60 % 60:02}:{row % 60:02} +0000"
    code = made.choice([200, 200, 200, 301, 404, 500])
    return f'{address} - {made.choice(["-", "ada", "zoë"])} [{when}] "{made.choice(METHODS)} {page} HTTP/1.1" {code} {size} "-" "{agent}"'  # noqa: E501


def _review(made: random.Random, row: int) -> str:
    authors = json.dumps([_name(made) for _ in range(made.randint(0, 4))], ensure_ascii=made.random() < 0.5)
    title = " ".join(made.choices(WORDS, k=made.randint(1, 9)))
    review = {
        "id": f"R{row:08}", "title": made.choice([title, title.title(), f"{title} (3)"]),
        "authors": made.choice([authors, authors, authors, "not json"]),
        "date": made.choice(["2023-04-05", "2020/12/31", "2019-1-9", "unknown"]),
        "place": made.choice(PLACES), "stars": made.choice(["4.5", "3", "five", ""]),
    }  # fmt: skip
    return json.dumps(review, ensure_ascii=False)
