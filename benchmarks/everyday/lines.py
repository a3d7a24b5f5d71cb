"""Everyday functions of lines of files: CSV fields, logs, JSON, dates and times."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from benchmarks.everyday.catalogue import everyday

COLUMNS = ["id", "name", "qty", "price"]
LOG = re.compile(r'^(\S+) \S+ \S+ \[([^\]]+)\] "(\S+) (\S+) [^"]*" (\d{3}) (\d+|-)$')
KEY_VALUE = re.compile(r"(\w+)=(\w+)")
MONTHS = {"Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "May": 5, "Jun": 6, "Jul": 7, "Aug": 8, "Sep": 9, "Oct": 10}

CSV = [
    "1,widget,3,2.50", "2,gadget,1,19.99", "3,doohickey,12,0.75", "4,gizmo,7,5.00", "5,widget,2,2.50",
    "6,gadget,4,19.99", "7,sprocket,9,1.25", "8,gizmo,1,5.00", "9,cog,30,0.10", "10,widget,6,2.50",
]  # fmt: skip
ACCESS = [
    f'10.0.0.{number} - - [10/Oct/2023:13:55:{number:02d} +0000] "GET /page/{number}.html HTTP/1.1" 200 {number * 37}'
    for number in range(1, 15)
] + ["garbage"]
TIMES = ["2023-10-10 13:55:36", "2024-02-29 00:00:00", "2021-01-01 23:59:59", "1999-12-31 12:00:00"] * 3
DATES = ["2023-10-10", "2024-02-29", "2021-01-01", "1999-12-31", "2020-07-04", "2022-11-24"] * 2
SLASHED = ["10/10/2023", "29/02/2024", "01/01/2021", "31/12/1999", "04/07/2020", "24/11/2022"] * 2
JSON = [json.dumps({"id": number, "user": {"name": f"u{number}"}, "score": number / 4}) for number in range(12)]
PAIRS = ["a=1 b=2", "color=red size=large", "x=10", "k=v q=w e=r", "one=1 two=2", "left=right"] * 2
SETTINGS = ["host = localhost", "port = 8080", "# a comment", "debug = true", "", "name = app", "level = info"] * 2
URLS = [
    "https://example.org/a/b?x=1&y=2", "http://example.com/", "https://docs.python.org/3/library/re.html",
    "https://example.org/search?q=cats", "http://localhost:8080/status", "https://a.example.net/index.html",
]  # fmt: skip
CLOCK = ["13:55", "00:00", "23:59", "07:30", "12:05", "18:45", "09:15", "21:10"]
PATHS = ["/var/log/syslog", "/home/ada/notes.txt", "/etc/hosts", "/usr/lib/python3/os.py", "/tmp/a.tar.gz", "/srv/x.c"]


@everyday(CSV)
def csv_record(line: str) -> dict[str, str]:
    return dict(zip(COLUMNS, line.split(",")))  # noqa: B905


@everyday(CSV)
def csv_typed(line: str) -> dict[str, Any]:
    id, name, qty, price = line.split(",")  # noqa: A001
    return {"id": int(id), "name": name, "total": int(qty) * float(price)}


@everyday(CSV, "filter")
def expensive(line: str) -> bool:
    return float(line.rsplit(",", 1)[1]) > 2


@everyday(CSV)
def csv_to_tsv(line: str) -> str:
    return "\t".join(field.strip() for field in line.split(","))


@everyday(CSV)
def csv_numbers(line: str) -> float:
    return sum(float(f) for f in line.split(",")[2:])


@everyday(CSV, "flat_map")
def csv_safe(line: str) -> Iterator[tuple[str, int]]:
    fields = line.split(",")
    if len(fields) != 4:
        return
    try:  # noqa: SIM105
        yield fields[1], int(fields[2])
    except ValueError:
        pass


@everyday(ACCESS)
def log_record(line: str) -> dict[str, Any] | None:
    m = LOG.match(line)
    if m is None:
        return None
    host, when, method, path, status, size = m.groups()  # noqa: RUF059
    return {"host": host, "when": when, "method": method, "path": path, "status": int(status)}


@everyday(ACCESS)
def log_status(line: str) -> str:
    m = re.search(r'" (\d{3}) ', line)
    return m.group(1) if m else "?"


@everyday(ACCESS)
def log_size(line: str) -> int:
    size = line.split()[-1]
    return int(size) if size.isdigit() else 0


@everyday(ACCESS, "filter")
def log_is_ok(line: str) -> bool:
    return '" 200 ' in line


@everyday(ACCESS)
def log_month(line: str) -> int:
    try:
        return MONTHS[line.split("[")[1].split("/")[1]]
    except (IndexError, KeyError):
        return 0


@everyday(TIMES)
def to_hour(s: str) -> int:
    return datetime.strptime(s, "%Y-%m-%d %H:%M:%S").hour


@everyday(TIMES)
def parse_time(s: str) -> datetime:
    return datetime.strptime(s, "%Y-%m-%d %H:%M:%S")


@everyday(TIMES)
def hour_bucket(s: str) -> str:
    return datetime.fromisoformat(s).strftime("%Y-%m-%d %H:00")


@everyday(DATES)
def year_month(s: str) -> tuple[int, int]:
    d = date.fromisoformat(s)
    return d.year, d.month


@everyday(DATES)
def split_date(s: str) -> tuple[int, ...]:
    return tuple(int(part) for part in s.split("-"))


@everyday(DATES)
def quarter(s: str) -> str:
    year, month, _ = s.split("-")
    return f"{year}Q{(int(month) - 1) // 3 + 1}"


@everyday(SLASHED)
def iso_date(s: str) -> str:
    return datetime.strptime(s, "%d/%m/%Y").date().isoformat()


@everyday(CLOCK)
def minutes(s: str) -> int:
    hours, mins = map(int, s.split(":"))
    return hours * 60 + mins


@everyday(JSON)
def json_score(line: str) -> Any:
    return json.loads(line)["score"]


@everyday(PAIRS)
def key_values(s: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in s.split())


@everyday(PAIRS, "flat_map")
def key_value_pairs(s: str) -> list[Any]:
    return KEY_VALUE.findall(s)


@everyday(SETTINGS, "flat_map")
def settings(line: str) -> Iterator[tuple[str, str]]:
    line = line.strip()
    if line and not line.startswith("#"):
        name, _, value = line.partition("=")
        yield name.strip(), value.strip()


@everyday(URLS)
def host_of(url: str) -> str:
    return url.split("//", 1)[1].split("/", 1)[0]


@everyday(URLS)
def query_of(url: str) -> str:
    if "?" not in url:
        return ""
    return url[url.index("?") + 1 :]


@everyday(PATHS)
def extension(path: str) -> str:
    name = path.rsplit("/", 1)[-1]
    return name.rsplit(".", 1)[1].lower() if "." in name else ""


@everyday(PATHS)
def parent(path: str) -> str:
    return "/".join(path.split("/")[:-1]) or "/"
