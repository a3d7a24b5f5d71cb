"""A web server's log: parse requests by find and slices, hide users, write requests of bad addresses to CSV.

It follows the web-log pipeline of "Tuplex: Data Science in Python at Native Code Speed" (SIGMOD 2021).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from multiprocessing.pool import Pool
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import dirty
from benchmarks.cleaned import digest_of, new_folder, spark_write, write_dicts, write_rows
from benchmarks.program import Case, Workload, glowray, native, pooled, spark
from benchmarks.ranges import ByteRange, byte_ranges, lines_of

if TYPE_CHECKING:
    import glowray as gr

Row = dict[str, Any]

COLUMNS = ("ip", "date", "method", "endpoint", "protocol", "response_code", "content_size")


def request(line: str) -> Row:
    """Return the fields of a line in the common log format. A malformed request has no endpoint."""
    after = line.find(" ")
    address = line[:after]
    start = line.find("[", after) + 1
    end = line.find("]", start)
    date = line[start:end]
    rest = line[line.find('"', end) + 1 :]
    close = rest.rfind('"')
    status, _, size = rest[close + 2 :].partition(" ")
    code, length = int(status), 0 if size == "-" else int(size)
    first = rest.find(" ")
    if first > close or first < 0:
        return {"ip": address, "date": date, "method": "", "endpoint": "", "protocol": "", "response_code": code,
                "content_size": length}  # fmt: skip
    last = rest.rfind(" ", 0, close)
    return {"ip": address, "date": date, "method": rest[:first], "endpoint": rest[first + 1 : last],
            "protocol": rest[last + 1 : close], "response_code": code, "content_size": length}  # fmt: skip


def hidden(endpoint: str) -> str:
    """Return the endpoint with names of users replaced."""
    if endpoint.startswith("/~"):
        end = endpoint.find("/", 2)
        return "/~" + "x" * 10 + endpoint[end:] if end > 0 else "/~" + "x" * 10
    return endpoint


def plain(flow: gr.Flow, case: Case) -> Path:
    target = new_folder(case)
    bad = flow.read_csv(str(case.inputs["bad"])).map(lambda row: (row["BadIPs"], True))
    (
        flow.read_text(str(case.inputs["log"]))
        .map(request)
        .filter(lambda row: len(row["endpoint"]) > 0)
        .map(lambda row: {**row, "endpoint": hidden(row["endpoint"])})
        .key_by(lambda row: row["ip"])
        .join(bad, how="semi")
        .values()
        .map(lambda row: {name: row[name] for name in COLUMNS})
        .write_csv(str(target))
    )
    return target


def variant(flow: gr.Flow, case: Case) -> Path:
    def parsed(line: str) -> Iterator[tuple[str, Row]]:
        front, _, tail = line.partition('"')
        asked, _, numbers = tail.rpartition('"')
        words, found = asked.split(" "), front.split(" ")
        if len(words) > 2:
            code, size = numbers.strip().split(" ")
            date = " ".join(found[3:5])[1:-1]
            row = {"ip": found[0], "date": date, "method": words[0], "endpoint": words[1], "protocol": words[2]}
            yield found[0], {**row, "response_code": int(code), "content_size": int(size) if size != "-" else 0}

    def shown(row: Row) -> Row:
        endpoint = row["endpoint"]
        if endpoint[:2] == "/~":
            _, slash, page = endpoint[2:].partition("/")
            endpoint = "/~xxxxxxxxxx" + slash + page
        return {**row, "endpoint": endpoint}

    target = new_folder(case)
    bad = flow.read_csv(str(case.inputs["bad"])).key_by(lambda row: row["BadIPs"])
    (
        flow.read_text(str(case.inputs["log"]))
        .flat_map(parsed)
        .filter(lambda address, row: row["endpoint"] != "")
        .map_values(shown)
        .join(bad, how="semi")
        .map(lambda address, row: {name: row[name] for name in COLUMNS})
        .write_csv(str(target))
    )
    return target


def hand(case: Case, pool: Pool) -> Path:
    return _shared(case, pool, _called)


def hand_fused(case: Case, pool: Pool) -> Path:
    return _shared(case, pool, _fused)


def _shared(case: Case, pool: Pool, clean: Any) -> Path:
    """Run `clean` on byte ranges. Bad addresses are few, so each process has their set and nothing is joined."""
    target = new_folder(case, made=True)
    bad = frozenset(case.inputs["bad"].read_text().splitlines()[1:])
    parts = byte_ranges(case.inputs["log"], case.cores)
    pool.starmap(clean, [(part, bad, target / f"part-{i:05}") for i, part in enumerate(parts)], chunksize=1)
    return target


def _called(part: ByteRange, bad: frozenset[str], target: Path) -> None:
    rows: Any = (row for lines in lines_of(part) for row in map(request, lines))
    rows = filter(lambda row: len(row["endpoint"]) > 0, rows)
    rows = ({**row, "endpoint": hidden(row["endpoint"])} for row in rows)
    write_dicts(target, COLUMNS, filter(lambda row: row["ip"] in bad, rows))


def _fused(part: ByteRange, bad: frozenset[str], target: Path) -> None:
    write_rows(target, COLUMNS, _fused_rows(part, bad))


def _fused_rows(part: ByteRange, bad: frozenset[str]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the flow, with its steps in order: a bad number raises for requests of every address."""
    for lines in lines_of(part):
        for line in lines:
            after = line.find(" ")
            address = line[:after]
            start = line.find("[", after) + 1
            end = line.find("]", start)
            date = line[start:end]
            rest = line[line.find('"', end) + 1 :]
            close = rest.rfind('"')
            status, _, size = rest[close + 2 :].partition(" ")
            code, length = int(status), 0 if size == "-" else int(size)
            first = rest.find(" ")
            if first > close or first < 0:
                continue
            last = rest.rfind(" ", 0, close)
            endpoint = rest[first + 1 : last]
            if not endpoint:
                continue
            if endpoint.startswith("/~"):
                slash = endpoint.find("/", 2)
                endpoint = "/~xxxxxxxxxx" + endpoint[slash:] if slash > 0 else "/~xxxxxxxxxx"
            if address in bad:
                yield address, date, rest[:first], endpoint, rest[last + 1 : close], code, length


def polars(case: Case) -> Path:
    import polars as pl

    target = new_folder(case, made=True)
    pattern = r'^(?<ip>\S+) .*?\[(?<date>[^\]]*)\] "(?<method>\S+) (?<endpoint>\S+) (?<protocol>\S+)" (?<response_code>\d+) (?<content_size>\S+)$'  # fmt: skip  # noqa: E501
    bad = pl.scan_csv(case.inputs["bad"])
    (
        pl.scan_csv(case.inputs["log"], separator="\x1f", quote_char=None, schema={"line": pl.String}, has_header=False)
        .select(pl.col("line").str.extract_groups(pattern)).unnest("line")
        .filter(pl.col("endpoint").str.len_bytes() > 0)
        .with_columns(
            pl.col("endpoint").str.replace(r"^/~[^/]+", "/~xxxxxxxxxx"),
            pl.col("content_size").str.replace("^-$", "0"),
        )
        .join(bad, left_on="ip", right_on="BadIPs", how="semi")
        .select(COLUMNS)
        .sink_csv(target / "part-00000")
    )  # fmt: skip
    return target


def spark_rdd(case: Case, context: Any) -> Path:
    target = new_folder(case)
    bad = context.textFile(str(case.inputs["bad"])).filter(lambda line: line != "BadIPs").map(lambda line: (line, True))
    rows = context.textFile(str(case.inputs["log"])).map(request).filter(lambda row: len(row["endpoint"]) > 0)
    rows = rows.map(lambda row: {**row, "endpoint": hidden(row["endpoint"])}).keyBy(lambda row: row["ip"])
    spark_write(rows.join(bad).map(lambda pair: pair[1][0]), COLUMNS, target)
    return target


def inputs(folder: Path, size: int) -> Mapping[str, Path]:
    return {"log": dirty.weblog(folder, size), "bad": dirty.bad_addresses(folder)}


WORKLOAD = Workload(
    name="weblog",
    title="requests of bad addresses out of a web server's log, text to CSV",
    unit="rows",
    size=2_000_000,
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
