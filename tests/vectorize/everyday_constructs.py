"""Functions of everyday constructs, with the kinds of their arguments: the test and the fuzzer draw from them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from glowray.rows.types.kinds import Kind, ListOf, RecordOf, TupleOf

TABLE = {"a": 1, "the": 2, "x1": 3, "ß": 4, 7: 5, None: 6}
BY_NUMBER = {1: "one", 2.0: "two", 0: "zero", "1": "text", 2**70: "big"}
PAIRS = {"a": ("A", 1.5), "ma": ("Massachusetts", -0.0)}
OPTIONAL = {"a": 1, "the": None}
STOP = {"the", "a", 1, "é"}
NUMBERS = [1, 2.0, True, "a", 99]
FIELDS = ["n", "s"]
PREFIXES = ["a", "x", "Dr. "]
RECORD = RecordOf((("n", int), ("s", str), ("f", float), ("tags", ListOf(str))))
PAIR = TupleOf((str, int))


def tried(s: str) -> int:
    try:
        return int(s)
    except ValueError:
        return -1


def tried_twice(s: str, t: str) -> float:
    try:
        a = int(s)
        b = float(t)
    except (ValueError, OverflowError):
        return 0.0
    return a / 4 + b


def tried_handlers(s: str, n: int) -> int:
    try:
        parts = s.split(",")
        made = int(parts[1]) // n
    except IndexError:
        return -1
    except ZeroDivisionError:
        return -2
    except ValueError:
        return -3
    else:
        made = made + 1
    return made


def tried_nested(s: str) -> str:
    try:
        try:
            n = int(s)
        except ValueError:
            n = len(s) // 0 if "x" in s else 5
        return str(n)
    except ZeroDivisionError:
        return "zero"


def tried_value_kept(s: str) -> int:
    n = 7
    try:  # noqa: SIM105
        n = int(s)
    except ValueError:
        pass
    return n


def tried_in_list(s: str) -> int:
    try:
        return sum(int(part) for part in s.split(","))
    except Exception:
        return -1


def tried_lookup(s: str) -> int:
    try:
        return TABLE[s.strip()]
    except KeyError:
        return 0


def suppressed(s: str) -> Iterator[tuple[str, int]]:
    with suppress(ValueError, IndexError):
        yield s, int(s.split(",")[0])


def raises(s: str) -> int:
    if not s:
        raise ValueError("empty")
    return len(s)


def loop_append(s: str) -> list[str]:
    found = []
    for word in s.split():
        word = word.strip(",")
        if not word:
            continue
        found.append(word.lower())
    return found


def loop_add(s: str, n: int) -> int:
    total = n
    for place, word in enumerate(s.split(",")):
        if word:
            total += len(word) * place
    return total


def loop_floats(row: list[float]) -> float:
    total = 0.5
    for each in row:
        total += each
    return total


def loop_yield(s: str) -> Iterator[tuple[str, int]]:
    if "," not in s:
        return
    for word in s.split(","):
        if word != "a":
            yield word, len(word)


def loop_return(s: str) -> str:
    for word in s.split():
        if word in STOP:
            return word
    return "none"


def loop_constants(s: str) -> str:
    for prefix in PREFIXES:
        s = s.removeprefix(prefix)
    return s


def loop_items(s: str) -> int:
    for word, number in TABLE_ITEMS.items():
        if word in s:
            return number
    return 0


TABLE_ITEMS = {"a": 1, "x": 2, "ß": 3}


WORD = re.compile(r"\w+")
PHONE = re.compile(r"(\d{3})-(\d{3})-?(\d*)")
NAMED = re.compile(r"(?P<key>[^=\s]+)=(?P<value>\S*)")
LINE_END = re.compile(r"(b|x)$")
LOOSE = re.compile(r"a|ab\b", re.IGNORECASE)


def match_groups(s: str) -> dict[str, Any] | tuple[str, ...]:
    m = PHONE.search(s)
    if not m:
        return ("none", "", "")
    return m.groups()


def match_named(s: str) -> str:
    m = NAMED.match(s)
    return "" if m is None else m.group("key") + ":" + m["value"]


def match_tried(s: str) -> str:
    try:
        return re.search(r"[0-9]+", s).group()  # type: ignore[union-attr]
    except AttributeError:
        return "none"


DROPPED = str.maketrans("", "", ",.- ")
SWAPPED = str.maketrans("ab,", "ba;", "x")


def time_tried(s: str) -> int:
    try:
        return datetime.strptime(s.strip(), "%Y-%m-%d").day
    except ValueError:
        return 0


def looked_up(word: str) -> int:
    return TABLE.get(word, len(word))


FUNCTIONS: list[tuple[Callable[..., Any], list[Kind]]] = [
    (tried, [str]), (tried_twice, [str, str]), (tried_handlers, [str, int]), (tried_nested, [str]),
    (tried_value_kept, [str]), (tried_in_list, [str]), (tried_lookup, [str]), (suppressed, [str]), (raises, [str]),
    (loop_append, [str]), (loop_add, [str, int]), (loop_floats, [ListOf(float)]), (loop_yield, [str]),
    (loop_return, [str]), (loop_constants, [str]), (loop_items, [str]),
    # captured containers
    (lambda s: TABLE.get(s, 0), [str]),
    (lambda s: TABLE.get(s), [str]),
    (lambda s: TABLE[s], [str]),
    (lambda s: PAIRS.get(s, ("none", 0.0)), [str]),
    (lambda s: PAIRS[s][0], [str]),
    (lambda s: OPTIONAL.get(s, 2) is None, [str]),
    (lambda n: BY_NUMBER.get(n % 4, "other"), [int]),
    (lambda n: BY_NUMBER[n], [int]),
    (lambda b: BY_NUMBER[b], [bool]),
    (lambda s: s in STOP, [str]),
    (lambda n: n in STOP, [int]),
    (lambda n: n not in NUMBERS, [int]),
    (lambda s: s in TABLE, [str]),
    (lambda s: [looked_up(w) for w in s.split()], [str]),
    (lambda r: r.get("n", 0), [RECORD]),
    (lambda r: r.get("missing", "x"), [RECORD]),
    (lambda r: r.get("missing") is None, [RECORD]),
    (lambda r: "n" in r and "missing" not in r, [RECORD]),
    (lambda r: "a" in r["tags"], [RECORD]),
    (lambda r: r["s"] in r["tags"] or r["n"] > 5, [RECORD]),
    (lambda n: n in (1, "a", True, 7.0), [int]),
    (lambda r: r.get("n", int(r["s"])), [RECORD]),
    (lambda r: {name: r[name] for name in FIELDS}, [RECORD]),
    # folds of lists
    (lambda s: sum(len(w) for w in s.split()), [str]),
    (lambda s: sum(1 for c in s if c in "aeiou"), [str]),
    (lambda s: sum(c.isdigit() for c in s), [str]),
    (lambda xs: sum(xs), [ListOf(int)]),
    (lambda xs: sum(xs), [ListOf(float)]),
    (lambda xs: sum(xs, 10), [ListOf(int)]),
    (lambda xs: sum(xs, 0.0), [ListOf(float)]),
    (lambda xs: sum(x * x for x in xs if x > 0), [ListOf(float)]),
    (lambda xs: max(xs), [ListOf(int)]),
    (lambda xs: min(xs, default=0), [ListOf(int)]),
    (lambda xs: min(xs), [ListOf(float)]),
    (lambda xs: max(xs, default=-1.0), [ListOf(float)]),
    (lambda s: max(s.split(), key=len), [str]),
    (lambda s: min(s.split(","), key=lambda w: (len(w) - 2) ** 2), [str]),
    (lambda s: max(w for w in s.split()), [str]),
    (lambda s: any(c.isdigit() for c in s), [str]),
    (lambda s: all(w for w in s.split(",")), [str]),
    (lambda s: any(p in s for p in PREFIXES), [str]),
    (lambda xs: any(xs), [ListOf(int)]),
    (lambda xs: all(x > 0 for x in xs), [ListOf(float)]),
    (lambda s: len(set(s.split())), [str]),
    (lambda s: len({w.lower() for w in s.split()}), [str]),
    (lambda s: "a" in set(s.split()), [str]),
    (lambda xs: sum(set(xs)), [ListOf(int)]),
    (lambda s: sorted(s.split()), [str]),
    (lambda s: " ".join(sorted(set(s.split()), reverse=True)), [str]),
    (lambda s: sorted(s.split(","), key=len), [str]),
    (lambda s: sorted(s.split(","), key=len, reverse=True), [str]),
    (lambda xs: sorted(xs)[-1], [ListOf(float)]),  # noqa: FURB192
    (lambda s: "".join(sorted(s)), [str]),
    (lambda s: "".join(c for c in s if c.isalnum()), [str]),
    (lambda s: [c for c in s], [str]),  # noqa: C416
    (lambda s: list(s), [str]),
    (lambda s: "".join(map(str, [len(w) for w in s.split()])), [str]),
    (lambda s: list(map(str.upper, s.split(","))), [str]),
    (lambda s: [(i, w) for i, w in enumerate(s.split(","), 1)], [str]),
    (lambda s: list(zip(s.split(), s.split()[1:])), [str]),  # noqa: B905
    (lambda s, t: [a + b for a, b in zip(s.split(","), t.split(","))], [str, str]),  # noqa: B905
    (lambda s: dict(zip(("a", "b"), s.split(","))), [str]),  # noqa: B905
    (lambda n: [i * i for i in range(n % 7)], [int]),
    (lambda n: sum(range(0, n % 50, 3)), [int]),
    (lambda s: [s[i : i + 2] for i in range(len(s) - 1)], [str]),
    (lambda n: sum(1 for bound in (0, 10, 100) if n >= bound), [int]),
    (lambda n: sum(int(d) for d in str(abs(n))), [int]),
    (lambda s: c in "abc" if (c := s[:1]) else False, [str]),
    # numbers
    (lambda x: round(x, 2), [float]),
    (lambda x: round(x, 0), [float]),
    (lambda x: round(x, 5), [float]),
    (lambda n: round(n, 2), [int]),
    (lambda x: f"{x:.2f}", [float]),
    (lambda x: f"{x:,.1f}", [float]),
    (lambda x: f"{x:.0f}", [float]),
    (lambda x: f"{x:.1%}", [float]),
    (lambda x: f"{x:10.3f}|", [float]),
    (lambda x: f"{x:f}", [float]),
    (lambda n: f"{n:.2f}", [int]),
    (lambda n: f"{n:,}", [int]),
    (lambda n: f"{n:>8,d}", [int]),
    (lambda n: f"{n:*<6}", [int]),
    (lambda s: f"{s:<10}|{s:>4}|{s:-<3}", [str]),
    (lambda x: "%.1f" % x, [float]),  # noqa: UP031
    (lambda x, n: "%s and %8.3f or %-5d." % (n, x, n), [float, int]),  # noqa: UP031
    (lambda x: "%.2f%%" % (x * 100), [float]),
    (lambda x, s: "{} {:.1f} {}".format(s, x, x), [float, str]),  # noqa: UP032
    (lambda x, s: "{1}:{0:.2f} {{}} {n}".format(x, s, n=s), [float, str]),  # noqa: UP032
    (lambda n: f"{n:5}", [int]),
    (lambda x: "%s" % x, [float]),  # noqa: UP031
    (lambda n: n**2.0, [int]),
    (lambda x: str(x), [float]),
    (lambda x: f"{x} kg", [float]),
    (lambda x: x // 0.5, [float]),
    (lambda x, y: x % y, [float, float]),
    (lambda x, y: x // y, [float, float]),
    (lambda n, y: n % y, [int, float]),
    (lambda x, n: x // n, [float, int]),
    (lambda x: x**2, [float]),
    (lambda x, y: (x**2 + y**2) ** 0.5, [float, float]),
    (lambda n: n**0.5, [int]),
    (lambda x: math.sqrt(x), [float]),
    (lambda x: math.floor(x) + math.ceil(x), [float]),
    (lambda x: math.log10(x) if x > 0 else 0.0, [float]),
    (lambda n: math.log(n), [int]),
    (lambda x, y: math.atan2(math.sin(x), math.cos(y)), [float, float]),
    (lambda x: math.radians(x) * math.pi, [float]),
    (lambda x: math.exp(x), [float]),
    (lambda x: 0.0 if math.isnan(x) else math.fabs(x), [float]),
    # dates and times
    (lambda s: datetime.strptime(s, "%Y-%m-%d"), [str]),
    (lambda s: datetime.strptime(s, "%Y-%m-%d %H:%M:%S").hour, [str]),
    (lambda s: datetime.strptime(s, "%d/%m/%Y").date().isoformat(), [str]),
    (lambda s: datetime.strptime(s, "%H:%M").minute, [str]),
    (lambda s: datetime.fromisoformat(s), [str]),
    (lambda s: datetime.fromisoformat(s).strftime("%Y/%m/%d %H:00%%"), [str]),
    (lambda s: datetime.fromisoformat(s).isoformat(), [str]),
    (lambda s: date.fromisoformat(s), [str]),
    (lambda s: date.fromisoformat(s).strftime("%d.%m.%Y %H"), [str]),
    (lambda s: (date.fromisoformat(s).weekday(), date.fromisoformat(s).year), [str]),
    (time_tried, [str]),
    (lambda s: s.translate(DROPPED), [str]),
    (lambda s: s.translate(SWAPPED), [str]),
    (lambda x, y: x / y if y else 0, [float, int]),
    (lambda n, y: 0.5 if n == 0 else y, [int, int]),
    # patterns
    (match_groups, [str]), (match_named, [str]), (match_tried, [str]),
    (lambda s: re.sub(r"\s+", " ", s), [str]),
    (lambda s: WORD.sub("<>", s), [str]),
    (lambda s: re.sub(r"([a-z])-([0-9.])", r"\2\1", s), [str]),
    (lambda s: re.sub("[^a-z0-9]+", "-", s.lower()).strip("-"), [str]),
    (lambda s: re.sub(r"\D", "", s), [str]),
    (lambda s: re.match(r"[^@\s]+@[^@\s]+\.[a-z]+$", s) is not None, [str]),
    (lambda s: bool(re.fullmatch(r"[a-z ]*b$", s)), [str]),
    (lambda s: m.group(1) if (m := LINE_END.search(s)) else "no", [str]),
    (lambda s: m[0] if (m := LINE_END.search(s)) else "no", [str]),
    (lambda s: m.group() if (m := LOOSE.search(s)) else "no", [str]),
    (lambda s: bool(re.match(r"(?:a|x|1)+,?.", s, flags=re.DOTALL)), [str]),
    (lambda s: bool(re.search(r"^b|a$", s, flags=re.MULTILINE)), [str]),
    (lambda s: bool(re.search(r"\bb\s?", s)), [str]),
    (lambda s: re.findall(r"[a-z]+", s), [str]),
    (lambda s: [int(d) for d in re.findall(r"\d+", s)], [str]),
    (lambda s: len(re.findall(r"\S+", s)), [str]),
    (lambda x: isinstance(x, float), [float]),
    (lambda s: isinstance(s, (int, float)), [str]),
    (lambda b: isinstance(b, int) and not isinstance(b, str), [bool]),
]  # fmt: skip
