"""Customers cleaned by ten functions: text beyond ASCII, fields that are None, and numbers and dates that are wrong."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from functools import partial
from multiprocessing.pool import Pool
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from benchmarks import texts
from benchmarks.cleaned import dicts, digest_of, new_folder, records, write_dicts, write_rows
from benchmarks.program import Case, Workload, glowray, pooled
from benchmarks.ranges import ByteRange, byte_ranges

if TYPE_CHECKING:
    import glowray as gr

Row = dict[str, Any]
Text: TypeAlias = str | None  # a field of CSV: None, or "" for csv.DictReader, if it is empty

COLUMNS = (*texts.CUSTOMER_COLUMNS, "country")
STOPWORDS = {"was", "by", "très"}
COUNTRIES = {"boston": "US", "new york": "US", "são paulo": "BR", "zürich": "CH", "kraków": "PL", "αθήνα": "GR"}
NO_DIGITS = re.compile(r"[^0-9]+")


def name(text: Text) -> Text:
    return " ".join(text.split()).removeprefix("Dr. ").title() if text else None


def email(text: Text) -> Text:
    if not text or "@" not in text:
        return None
    return text.strip().lower()


def phone(text: Text) -> Text:
    digits = NO_DIGITS.sub("", text or "")
    return digits if len(digits) >= 7 else None


def born(text: Text) -> int | None:
    try:
        return dt.datetime.strptime(text or "", "%Y-%m-%d").year
    except ValueError:
        return None


def city(text: str) -> str:
    place, _, _ = text.strip().partition(",")
    return place.title()


def country(text: str) -> str:
    return COUNTRIES.get(text.split(",")[0].strip().lower(), "??")


def price(text: Text) -> float | None:
    if text is None:
        return None
    text = text.replace("$", "").replace("€", "").replace(",", "").strip()
    try:
        return float(text)
    except ValueError:
        return None


def discount(text: Text) -> int:
    number = (text or "").rstrip("% ")
    return int(number) if number.isdigit() else 0


def tags(text: Text) -> Text:
    return text and "|".join(tag.strip().lower() for tag in text.split(";") if tag)


def note(text: Text) -> Text:
    if not text:
        return None
    return " ".join([word for word in text.lower().split() if word not in STOPWORDS])[:40]


def plain(flow: gr.Flow, case: Case) -> Path:
    target = new_folder(case)
    (
        flow.read_csv(str(case.inputs["customers"]))
        .map(lambda row: {**row, "name": name(row["name"])})
        .filter(lambda row: row["name"] is not None)
        .map(lambda row: {**row, "email": email(row["email"])})
        .map(lambda row: {**row, "phone": phone(row["phone"])})
        .map(lambda row: {**row, "born": born(row["born"])})
        .map(lambda row: {**row, "price": price(row["price"])})
        .map(lambda row: {**row, "discount": discount(row["discount"])})
        .map(lambda row: {**row, "tags": tags(row["tags"])})
        .map(lambda row: {**row, "note": note(row["note"])})
        .map(lambda row: {**row, "country": country(row["city"]), "city": city(row["city"])})
        .write_csv(str(target))
    )
    return target


def variant(flow: gr.Flow, case: Case) -> Path:
    def cleaned(row: Row) -> Row | None:
        words = row["name"].split() if row["name"] else []
        if not words:
            return None
        if words[0] == "Dr.":
            words = words[1:]
        address = row["email"]
        place = row["city"].strip()
        comma = place.find(",")
        first = place if comma < 0 else place[:comma]
        return {
            "id": row["id"], "name": " ".join([word.title() for word in words]),
            "email": address.lower().strip() if address is not None and address.count("@") else None,
            "phone": row["phone"], "born": row["born"], "city": first.title(), "price": row["price"],
            "discount": row["discount"], "tags": row["tags"], "note": row["note"],
            "country": COUNTRIES.get(first.strip().lower(), "??"),
        }  # fmt: skip

    def year(row: Row) -> int | None:
        when = row["born"]
        if when is None or len(when) != 10:
            return None
        try:
            return dt.datetime.strptime(when, "%Y-%m-%d").year
        except ValueError:
            return None

    def amount(row: Row) -> float | None:
        text = row["price"]
        try:
            return float(re.sub("[$€,]", "", text)) if text else None
        except ValueError:
            return None

    def percent(row: Row) -> int:
        text = row["discount"]
        if not text:
            return 0
        try:
            return int(text.rstrip(" %"))
        except ValueError:
            return 0

    def number(row: Row) -> Text:
        text = row["phone"]
        if not text:
            return None
        digits = "".join([c for c in text if "0" <= c <= "9"])
        return None if len(digits) < 7 else digits

    def words(row: Row) -> Text:
        if row["note"] is None:
            return None
        return " ".join(word for word in row["note"].lower().split() if word not in ("was", "by", "très"))[:40]

    def labels(row: Row) -> Text:
        if row["tags"]:
            return "|".join([tag.lower().strip() for tag in row["tags"].split(";") if len(tag) > 0])
        return None

    target = new_folder(case)
    rows = flow.read_csv(str(case.inputs["customers"])).map(cleaned).filter(lambda row: row is not None)
    rows = rows.with_fields(born=year, price=amount, discount=percent, phone=number, note=words, tags=labels)
    rows.write_csv(str(target))
    return target


def hand(case: Case, pool: Pool) -> Path:
    return _shared(case, pool, _called)


def hand_fused(case: Case, pool: Pool) -> Path:
    return _shared(case, pool, _fused)


def _shared(case: Case, pool: Pool, clean: Any) -> Path:
    target = new_folder(case, made=True)
    parts = byte_ranges(case.inputs["customers"], case.cores)
    pool.starmap(clean, [(part, target / f"part-{i:05}") for i, part in enumerate(parts)], chunksize=1)
    return target


def _called(part: ByteRange, target: Path) -> None:
    rows: Any = dicts(part, texts.CUSTOMER_COLUMNS)
    rows = ({**row, "name": name(row["name"])} for row in rows)
    rows = (row for row in rows if row["name"] is not None)
    rows = ({**row, "email": email(row["email"])} for row in rows)
    rows = ({**row, "phone": phone(row["phone"])} for row in rows)
    rows = ({**row, "born": born(row["born"])} for row in rows)
    rows = ({**row, "price": price(row["price"])} for row in rows)
    rows = ({**row, "discount": discount(row["discount"])} for row in rows)
    rows = ({**row, "tags": tags(row["tags"])} for row in rows)
    rows = ({**row, "note": note(row["note"])} for row in rows)
    rows = ({**row, "country": country(row["city"]), "city": city(row["city"])} for row in rows)
    write_dicts(target, COLUMNS, rows)


def _fused(part: ByteRange, target: Path) -> None:
    write_rows(target, COLUMNS, _fused_rows(part))


def _fused_rows(part: ByteRange) -> Iterator[tuple[Any, ...]]:
    strptime, no_digits = dt.datetime.strptime, NO_DIGITS.sub
    for key, called, address, number, when, town, cost, less, labels, words in records(part):
        if not called:
            continue
        called = " ".join(called.split()).removeprefix("Dr. ").title()
        mail = address.strip().lower() if "@" in address else None
        digits: Text = no_digits("", number)
        if len(digits or "") < 7:
            digits = None
        year: int | None = None
        try:  # noqa: SIM105  (suppress() is slower)
            year = strptime(when, "%Y-%m-%d").year
        except ValueError:
            pass
        worth: float | None = None
        try:  # noqa: SIM105
            worth = float(cost.replace("$", "").replace("€", "").replace(",", "").strip())
        except ValueError:
            pass
        share = less.rstrip("% ")
        percent = int(share) if share.isdigit() else 0
        marks = "|".join([tag.strip().lower() for tag in labels.split(";") if tag])
        said = " ".join([word for word in words.lower().split() if word not in STOPWORDS])[:40]
        first = town.strip().partition(",")[0]
        land = COUNTRIES.get(first.lower(), "??")
        yield key, called, mail, digits, year, first.title(), worth, percent, marks, said, land


def inputs(folder: Path, size: int) -> Mapping[str, Path]:
    return {"customers": texts.customers(folder, size)}


WORKLOAD = Workload(
    name="customers",
    title="customers cleaned by ten functions, with Unicode, None and errors, CSV to CSV",
    unit="rows",
    size=500_000,
    inputs=inputs,
    programs=(
        glowray(plain),
        glowray(variant, "glowray-variant"),
        pooled(hand, "hand"),
        pooled(hand_fused, "hand-fused"),
    ),
    answer=partial(digest_of, COLUMNS),
)
