"""Flights: clean cities, times, delays and reasons, join airlines and twice airports, from CSV to CSV.

It follows the flight pipeline of "Tuplex: Data Science in Python at Native Code Speed" (SIGMOD 2021).
"""

from __future__ import annotations

import csv
import string
from collections.abc import Iterator, Mapping
from functools import partial
from multiprocessing.pool import Pool
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import dirty
from benchmarks.cleaned import dicts, digest_of, new_folder, records, spark_dicts, spark_write, write_dicts, write_rows
from benchmarks.program import Case, Workload, glowray, pooled, spark
from benchmarks.ranges import ByteRange, byte_ranges

if TYPE_CHECKING:
    import glowray as gr

Row = dict[str, Any]

COLUMNS = (
    "carrier", "carrier_code", "flight", "year", "month", "day", "origin_city", "origin_state", "origin",
    "origin_altitude", "dest_city", "dest_state", "dest", "dest_altitude", "kilometres", "reason", "departure",
    "arrival", "elapsed", "departure_delay", "arrival_delay", "carrier_delay", "weather_delay", "founded", "defunct",
)  # fmt: skip
METRES_A_MILE = 1609.344


def clock(text: str | None) -> str | None:
    """Return a time written as hhmm as hh:mm."""
    return text[:-2].rjust(2, "0") + ":" + text[-2:] if text else None


def minutes(text: str | None) -> int:
    return int(float(text)) if text else 0


def reason(row: Row) -> str:
    code = row["CANCELLATION_CODE"]
    if float(row["DIVERTED"]) > 0:
        return "diverted"
    if code == "A":
        return "carrier"
    if code == "B":
        return "weather"
    if code == "C":
        return "national air system"
    if code == "D":
        return "security"
    return "none"


def elapsed(row: Row) -> int:
    if row["DIV_REACHED_DEST"]:
        if float(row["DIV_REACHED_DEST"]) > 0:
            return minutes(row["DIV_ACTUAL_ELAPSED_TIME"])
        return minutes(row["ACTUAL_ELAPSED_TIME"])
    return minutes(row["ACTUAL_ELAPSED_TIME"])


def flight(row: Row) -> Row:
    origin, dest = row["ORIGIN_CITY_NAME"], row["DEST_CITY_NAME"]
    return {
        "carrier_code": row["OP_UNIQUE_CARRIER"], "flight": row["OP_CARRIER_FL_NUM"], "year": int(row["YEAR"]),
        "month": int(row["MONTH"]), "day": int(row["DAY_OF_MONTH"]),
        "origin_city": origin[: origin.rfind(",")].strip(), "origin_state": origin[origin.rfind(",") + 1 :].strip(),
        "dest_city": dest[: dest.rfind(",")].strip(), "dest_state": dest[dest.rfind(",") + 1 :].strip(),
        "origin": row["ORIGIN"], "dest": row["DEST"],
        "kilometres": float(row["DISTANCE"]) * METRES_A_MILE / 1000, "reason": reason(row),
        "departure": clock(row["CRS_DEP_TIME"]), "arrival": clock(row["CRS_ARR_TIME"]), "elapsed": elapsed(row),
        "departure_delay": minutes(row["DEP_DELAY"]), "arrival_delay": minutes(row["ARR_DELAY"]),
        "carrier_delay": minutes(row["CARRIER_DELAY"]), "weather_delay": minutes(row["WEATHER_DELAY"]),
    }  # fmt: skip


def airline(row: Row) -> Row:
    text = row["Description"]
    start, dash = text.rfind("("), text.rfind("-")
    name = text[:start].replace("Inc.", "").replace("LLC", "").replace("Co.", "").strip()
    defunct = text[dash + 1 : text.rfind(")")].strip()
    return {"carrier": name, "founded": int(text[start + 1 : dash]), "defunct": int(defunct) if defunct else None}


def airport(row: Row) -> Row:
    return {"name": string.capwords(row["AirportName"]), "altitude": int(row["Altitude"])}


def is_flying(row: Row) -> bool:
    return not row["defunct"] or row["year"] < row["defunct"]


def altitude(place: Row | None) -> int | None:
    return place["altitude"] if place else None


def plain(flow: gr.Flow, case: Case) -> Path:
    target = new_folder(case)
    airlines = flow.read_csv(str(case.inputs["carriers"])).map(lambda row: (row["Code"], airline(row)))
    airports = (
        flow.read_csv(str(case.inputs["airports"]), delimiter=":", header=dirty.AIRPORT_COLUMNS)
        .filter(lambda row: row["IATACode"] != "N/A")
        .map(lambda row: (row["IATACode"], airport(row)))
    )
    (
        flow.read_csv(str(case.inputs["flights"]))
        .map(flight)
        .key_by(lambda row: row["carrier_code"])
        .join(airlines)
        .map(lambda code, row, carrier: {**row, **carrier})
        .filter(is_flying)
        .key_by(lambda row: row["origin"])
        .join(airports, how="left")
        .map(lambda code, row, place: {**row, "origin_altitude": altitude(place)})
        .key_by(lambda row: row["dest"])
        .join(airports, how="left")
        .map(lambda code, row, place: {**row, "dest_altitude": altitude(place)})
        .map(lambda row: {name: row[name] for name in COLUMNS})
        .write_csv(str(target))
    )
    return target


def variant(flow: gr.Flow, case: Case) -> Path:
    def with_height(side: str) -> Any:
        name = side + "_altitude"
        return lambda code, row, place: {**row, name: place[1] if place is not None else None}

    def keyed(row: Row) -> tuple[str, Row]:
        made = flight(row)
        return made["carrier_code"], made

    def place(row: Row) -> Iterator[tuple[str, tuple[str, int]]]:
        if row["IATACode"] == "N/A":
            return
        yield row["IATACode"], (string.capwords(row["AirportName"]), int(row["Altitude"]))

    target = new_folder(case)
    airlines = flow.read_csv(str(case.inputs["carriers"])).key_by(lambda row: row["Code"]).map_values(airline)
    places = flow.read_csv(str(case.inputs["airports"]), delimiter=":", header=dirty.AIRPORT_COLUMNS).flat_map(place)
    (
        flow.read_csv(str(case.inputs["flights"]))
        .map(keyed)
        .join(airlines)
        .filter(lambda code, row, carrier: True if carrier["defunct"] is None else carrier["defunct"] > row["year"])
        .map(lambda code, row, carrier: (row["origin"], {**row, **carrier}))
        .join(places, how="left")
        .map(with_height("origin"))
        .map(lambda row: (row["dest"], row))
        .join(places, how="left")
        .map(with_height("dest"))
        .map(lambda row: {name: row[name] for name in COLUMNS})
        .write_csv(str(target))
    )
    return target


def _tables(case: Case) -> tuple[dict[str, Row], dict[str, Row]]:
    """Return airlines and airports as dicts by code. They are few, so each process has them and flights do not move."""
    with case.inputs["carriers"].open(newline="") as file:
        airlines = {row["Code"]: airline(row) for row in csv.DictReader(file)}
    airports = {}
    with case.inputs["airports"].open(newline="") as file:
        for row in csv.DictReader(file, dirty.AIRPORT_COLUMNS, delimiter=":"):
            if row["IATACode"] != "N/A":
                airports[row["IATACode"]] = airport(row)
    return airlines, airports


def hand(case: Case, pool: Pool) -> Path:
    return _shared(case, pool, _called)


def hand_fused(case: Case, pool: Pool) -> Path:
    return _shared(case, pool, _fused)


def _shared(case: Case, pool: Pool, clean: Any) -> Path:
    target = new_folder(case, made=True)
    parts = byte_ranges(case.inputs["flights"], case.cores)
    tables = _tables(case)
    pool.starmap(clean, [(part, *tables, target / f"part-{i:05}") for i, part in enumerate(parts)], chunksize=1)
    return target


def _called(part: ByteRange, airlines: dict[str, Row], airports: dict[str, Row], target: Path) -> None:
    rows: Any = map(flight, dicts(part, dirty.FLIGHT_COLUMNS))
    rows = ({**row, **airlines[row["carrier_code"]]} for row in rows if row["carrier_code"] in airlines)
    rows = filter(is_flying, rows)
    rows = ({**row, "origin_altitude": altitude(airports.get(row["origin"]))} for row in rows)
    rows = ({**row, "dest_altitude": altitude(airports.get(row["dest"]))} for row in rows)
    write_dicts(target, COLUMNS, rows)


def _fused(part: ByteRange, airlines: dict[str, Row], airports: dict[str, Row], target: Path) -> None:
    write_rows(target, COLUMNS, _fused_rows(part, airlines, airports))


def _fused_rows(part: ByteRange, airlines: dict[str, Row], airports: dict[str, Row]) -> Iterator[tuple[Any, ...]]:
    place = {name: number for number, name in enumerate(dirty.FLIGHT_COLUMNS)}
    wanted = [place[name] for name in (
        "OP_UNIQUE_CARRIER", "OP_CARRIER_FL_NUM", "YEAR", "MONTH", "DAY_OF_MONTH", "ORIGIN_CITY_NAME", "DEST_CITY_NAME",
        "ORIGIN", "DEST", "DISTANCE", "CANCELLATION_CODE", "DIVERTED", "CRS_DEP_TIME", "CRS_ARR_TIME",
        "DIV_REACHED_DEST", "DIV_ACTUAL_ELAPSED_TIME", "ACTUAL_ELAPSED_TIME", "DEP_DELAY", "ARR_DELAY", "CARRIER_DELAY",
        "WEATHER_DELAY",
    )]  # fmt: skip
    heights = {code: each["altitude"] for code, each in airports.items()}
    reasons = {"A": "carrier", "B": "weather", "C": "national air system", "D": "security"}
    for row in records(part):
        (code, number, year_text, month, day, origin_name, dest_name, origin, dest, miles, cancelled, diverted,
         leaves, arrives, reached, div_time, took, late, late_there, by_carrier,
         by_weather) = [row[i] for i in wanted]  # fmt: skip
        carrier = airlines.get(code)
        year = int(year_text)
        if carrier is None or (carrier["defunct"] and year >= carrier["defunct"]):
            continue
        comma, other = origin_name.rfind(","), dest_name.rfind(",")
        why = "diverted" if float(diverted) > 0 else reasons.get(cancelled, "none")
        took = div_time if reached and float(reached) > 0 else took
        yield (
            carrier["carrier"], code, number, year, int(month), int(day),
            origin_name[:comma].strip(), origin_name[comma + 1 :].strip(), origin, heights.get(origin),
            dest_name[:other].strip(), dest_name[other + 1 :].strip(), dest, heights.get(dest),
            float(miles) * METRES_A_MILE / 1000, why,
            leaves[:-2].rjust(2, "0") + ":" + leaves[-2:] if leaves else None,
            arrives[:-2].rjust(2, "0") + ":" + arrives[-2:] if arrives else None,
            int(float(took)) if took else 0, int(float(late)) if late else 0,
            int(float(late_there)) if late_there else 0, int(float(by_carrier)) if by_carrier else 0,
            int(float(by_weather)) if by_weather else 0, carrier["founded"], carrier["defunct"],
        )  # fmt: skip


def spark_rdd(case: Case, context: Any) -> Path:
    target = new_folder(case)
    airlines = spark_dicts(context, case.inputs["carriers"], ["Code", "Description"])
    airlines = airlines.filter(lambda row: row["Code"] != "Code").map(lambda row: (row["Code"], airline(row)))
    airports = spark_dicts(context, case.inputs["airports"], dirty.AIRPORT_COLUMNS, ":")
    airports = airports.filter(lambda row: row["IATACode"] != "N/A").map(lambda row: (row["IATACode"], airport(row)))
    rows = spark_dicts(context, case.inputs["flights"], dirty.FLIGHT_COLUMNS)
    rows = rows.filter(lambda row: row["YEAR"] != "YEAR").map(flight).keyBy(lambda row: row["carrier_code"])
    rows = rows.join(airlines).map(lambda pair: {**pair[1][0], **pair[1][1]}).filter(is_flying)
    for side in ("origin", "dest"):
        rows = rows.keyBy(lambda row, side=side: row[side]).leftOuterJoin(airports)
        rows = rows.map(lambda pair, side=side: {**pair[1][0], side + "_altitude": altitude(pair[1][1])})
    spark_write(rows, COLUMNS, target)
    return target


def inputs(folder: Path, size: int) -> Mapping[str, Path]:
    return {
        "flights": dirty.flights(folder, size),
        "carriers": dirty.carriers(folder),
        "airports": dirty.airports(folder),
    }


WORKLOAD = Workload(
    name="flights",
    title="flights cleaned and joined with airlines and airports, CSV to CSV",
    unit="rows",
    size=500_000,
    inputs=inputs,
    programs=(
        glowray(plain),
        glowray(variant, "glowray-variant"),
        pooled(hand, "hand"),
        pooled(hand_fused, "hand-fused"),
        spark(spark_rdd),
    ),
    answer=partial(digest_of, COLUMNS),
)
