"""House listings: extract rooms, floor space, kind, offer and price from text, and write a price range to CSV.

It follows the house-price pipeline of "Tuplex: Data Science in Python at Native Code Speed" (SIGMOD 2021).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from multiprocessing.pool import Pool
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import dirty
from benchmarks.cleaned import dicts, digest_of, new_folder, records, spark_dicts, spark_write, write_dicts, write_rows
from benchmarks.program import Case, Workload, glowray, native, pooled, spark
from benchmarks.ranges import ByteRange, byte_ranges

if TYPE_CHECKING:
    import glowray as gr

Row = dict[str, Any]

COLUMNS = ("url", "zipcode", "address", "city", "state", "bedrooms", "bathrooms", "sqft", "offer", "type", "price")
LEAST, MOST = 100_000, 20_000_000


def bedrooms(row: Row) -> int:
    facts = row["facts and features"]
    end = facts.find(" bds")
    if end < 0:
        return 0
    number = facts[facts.rfind(",", 0, end) + 1 : end].strip()
    return int(number) if number.isdigit() else 0


def bathrooms(row: Row) -> int:
    facts = row["facts and features"]
    end = facts.find(" ba ")
    if end < 0:
        return 0
    number = facts[facts.rfind(",", 0, end) + 1 : end].strip()
    return int(number) if number.isdigit() else 0


def floor_space(row: Row) -> int:
    facts = row["facts and features"]
    end = facts.find(" sqft")
    if end < 0:
        end = len(facts)
    start = facts.rfind(" , ", 0, end)
    return int(facts[start + 3 : end].replace(",", ""))


def kind(row: Row) -> str:
    title = row["title"].lower()
    found = "unknown"
    if "condo" in title or "apartment" in title:
        found = "condo"
    if "house" in title:
        found = "house"
    return found


def offer(row: Row) -> str:
    title = row["title"].lower()
    if "sale" in title:
        return "sale"
    if "rent" in title:
        return "rent"
    if "sold" in title:
        return "sold"
    if "foreclose" in title:
        return "foreclosed"
    return title


def price(row: Row) -> int:
    if row["offer"] == "sold":
        facts = row["facts and features"]
        start = facts.find("$", facts.find("Price/sqft:")) + 1
        return int(facts[start : facts.find(" ,", start)]) * row["sqft"]
    if row["offer"] == "rent":
        asked = row["price"]
        return int(asked[1 : asked.rfind("/")].replace(",", ""))
    return int(row["price"][1:].replace(",", ""))


def zipcode(row: Row) -> str:
    return "%05d" % int(float(row["postal_code"]))  # noqa: UP031  (as it was published)


def city(row: Row) -> str:
    return row["city"][0].upper() + row["city"][1:].lower()


def plain(flow: gr.Flow, case: Case) -> Path:
    target = new_folder(case)
    (
        flow.read_csv(str(case.inputs["houses"]))
        .map(lambda row: {**row, "bedrooms": bedrooms(row)})
        .filter(lambda row: row["bedrooms"] < 10)
        .map(lambda row: {**row, "type": kind(row)})
        .filter(lambda row: row["type"] == "house")
        .map(lambda row: {**row, "zipcode": zipcode(row)})
        .map(lambda row: {**row, "city": city(row)})
        .map(lambda row: {**row, "bathrooms": bathrooms(row)})
        .map(lambda row: {**row, "sqft": floor_space(row)})
        .map(lambda row: {**row, "offer": offer(row)})
        .map(lambda row: {**row, "price": price(row)})
        .filter(lambda row: LEAST < row["price"] < MOST)
        .map(lambda row: {name: row[name] for name in COLUMNS})
        .write_csv(str(target))
    )
    return target


def variant(flow: gr.Flow, case: Case) -> Path:
    def count(text: str, word: str) -> int:
        before, found, _ = text.partition(word)
        last = before.split(",")[-1].strip()
        return int(last) if found and last.isdigit() else 0

    def sized(row: Row) -> Row:
        facts = row["facts and features"]
        before = facts[: facts.find(" sqft")] if " sqft" in facts else facts
        feet = int(before[before.rfind(" , ") + 3 :].replace(",", ""))
        return {**row, "bathrooms": count(facts, " ba "), "sqft": feet}

    def placed(row: Row) -> Row:
        code = str(int(float(row["postal_code"]))).rjust(5, "0")
        return {**row, "zipcode": code, "city": row["city"][:1].upper() + row["city"][1:].lower()}

    def offered(row: Row) -> Iterator[Row]:
        asked, how = row["price"], offer(row)
        if how == "sold":
            rest = row["facts and features"].partition("Price/sqft:")[2]
            worth = int(rest[rest.find("$") + 1 : rest.find(" ,")]) * row["sqft"]
        elif how == "rent":
            worth = int(asked[1 : asked.rfind("/")].replace(",", ""))
        else:
            worth = int(asked.replace(",", "").lstrip("$"))
        if LEAST < worth < MOST:
            yield {**row, "offer": how, "price": worth}

    target = new_folder(case)
    (
        flow.read_csv(str(case.inputs["houses"]))
        .filter(lambda row: "house" in row["title"].lower())
        .map(lambda row: {**row, "type": "house", "bedrooms": count(row["facts and features"], " bds")})
        .filter(lambda row: not row["bedrooms"] >= 10)
        .map(placed)
        .map(sized)
        .flat_map(offered)
        .map(lambda row: {name: row[name] for name in COLUMNS})
        .write_csv(str(target))
    )
    return target


def hand(case: Case, pool: Pool) -> Path:
    return _shared(case, pool, _called)


def hand_fused(case: Case, pool: Pool) -> Path:
    return _shared(case, pool, _fused)


def _shared(case: Case, pool: Pool, clean: Any) -> Path:
    target = new_folder(case, made=True)
    parts = byte_ranges(case.inputs["houses"], case.cores)
    pool.starmap(clean, [(part, target / f"part-{i:05}") for i, part in enumerate(parts)], chunksize=1)
    return target


def _cleaned(rows: Any) -> Any:
    """Apply the steps of the flow, as calls of its functions."""
    rows = map(partial(_with, "bedrooms", bedrooms), rows)
    rows = filter(lambda row: row["bedrooms"] < 10, rows)
    rows = map(partial(_with, "type", kind), rows)
    rows = filter(lambda row: row["type"] == "house", rows)
    for name, make in MADE:
        rows = map(partial(_with, name, make), rows)
    return filter(lambda row: LEAST < row["price"] < MOST, rows)


MADE = (("zipcode", zipcode), ("city", city), ("bathrooms", bathrooms), ("sqft", floor_space), ("offer", offer),
        ("price", price))  # fmt: skip


def _with(name: str, make: Any, row: Row) -> Row:
    return {**row, name: make(row)}


def _called(part: ByteRange, target: Path) -> None:
    rows = _cleaned(dicts(part, dirty.LISTING_COLUMNS))
    write_dicts(target, COLUMNS, ({name: row[name] for name in COLUMNS} for row in rows))


def _fused(part: ByteRange, target: Path) -> None:
    write_rows(target, COLUMNS, _fused_rows(part))


def _fused_rows(part: ByteRange) -> Iterator[tuple[Any, ...]]:
    for title, address, town, state, code, asked, facts, _, url in records(part):
        end = facts.find(" bds")
        beds = 0
        if end >= 0:
            number = facts[facts.rfind(",", 0, end) + 1 : end].strip()
            if number.isdigit():
                beds = int(number)
        if beds >= 10:
            continue
        title = title.lower()
        if "house" not in title:
            continue
        end = facts.find(" ba ")
        baths = 0
        if end >= 0:
            number = facts[facts.rfind(",", 0, end) + 1 : end].strip()
            if number.isdigit():
                baths = int(number)
        end = facts.find(" sqft")
        if end < 0:
            end = len(facts)
        feet = int(facts[facts.rfind(" , ", 0, end) + 3 : end].replace(",", ""))
        if "sale" in title:
            how = "sale"
            worth = int(asked[1:].replace(",", ""))
        elif "rent" in title:
            how = "rent"
            worth = int(asked[1 : asked.rfind("/")].replace(",", ""))
        elif "sold" in title:
            how = "sold"
            start = facts.find("$", facts.find("Price/sqft:")) + 1
            worth = int(facts[start : facts.find(" ,", start)]) * feet
        else:
            how = "foreclosed" if "foreclose" in title else title
            worth = int(asked[1:].replace(",", ""))
        if LEAST < worth < MOST:
            place = town[0].upper() + town[1:].lower()
            yield url, f"{int(float(code)):05}", address, place, state, beds, baths, feet, how, "house", worth


def polars(case: Case) -> Path:
    import polars as pl

    target = new_folder(case, made=True)
    facts, title, asked = pl.col("facts and features"), pl.col("title").str.to_lowercase(), pl.col("price")
    count = lambda word: facts.str.extract(rf"(\d+) {word} ").cast(pl.Int64).fill_null(0)  # noqa: E731
    digits = lambda text: text.str.replace_all(",", "", literal=True).cast(pl.Int64, strict=False)  # noqa: E731
    how = title
    for word, meaning in (("foreclose", "foreclosed"), ("sold", "sold"), ("rent", "rent"), ("sale", "sale")):
        how = pl.when(title.str.contains(word)).then(pl.lit(meaning)).otherwise(how)
    each = digits(facts.str.extract(r"Price/sqft: \$(\d+)"))
    worth = digits(asked.str.extract(r"\$([\d,]+)"))
    worth = pl.when(pl.col("offer") == "sold").then(each * pl.col("sqft")).otherwise(worth)
    (
        pl.scan_csv(case.inputs["houses"], infer_schema=False)
        .with_columns(bedrooms=count("bds"))
        .filter(pl.col("bedrooms") < 10, title.str.contains("house"))
        .with_columns(
            pl.col("city").str.slice(0, 1).str.to_uppercase() + pl.col("city").str.slice(1).str.to_lowercase(),
            zipcode=pl.col("postal_code").cast(pl.Float64).cast(pl.Int64).cast(pl.String).str.zfill(5),
            bathrooms=count("ba"), sqft=digits(facts.str.extract(r"([\d,]+) sqft")), offer=how, type=pl.lit("house"),
        )
        .with_columns(price=worth)
        .filter(pl.col("price") > LEAST, pl.col("price") < MOST)
        .select(COLUMNS)
        .sink_csv(target / "part-00000")
    )  # fmt: skip
    return target


def spark_rdd(case: Case, context: Any) -> Path:
    target = new_folder(case)
    rows = spark_dicts(context, case.inputs["houses"], dirty.LISTING_COLUMNS)
    rows = rows.filter(lambda row: row["title"] != "title").map(partial(_with, "bedrooms", bedrooms))
    rows = rows.filter(lambda row: row["bedrooms"] < 10).map(partial(_with, "type", kind))
    rows = rows.filter(lambda row: row["type"] == "house")
    for name, make in MADE:
        rows = rows.map(partial(_with, name, make))
    rows = rows.filter(lambda row: LEAST < row["price"] < MOST).map(lambda row: {name: row[name] for name in COLUMNS})
    spark_write(rows, COLUMNS, target)
    return target


def inputs(folder: Path, size: int) -> Mapping[str, Path]:
    return {"houses": dirty.houses(folder, size)}


WORKLOAD = Workload(
    name="houses",
    title="house listings cleaned and filtered, CSV to CSV",
    unit="rows",
    size=1_000_000,
    inputs=inputs,
    programs=(
        glowray(plain),
        glowray(variant, "glowray-variant"),
        pooled(hand, "hand"),
        pooled(hand_fused, "hand-fused"),
        native(polars, "polars"),
        spark(spark_rdd),
    ),
    answer=partial(digest_of, COLUMNS),
)
