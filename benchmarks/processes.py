"""Memory and processor time of a process and all its descendants, from /proc of Linux; None on other systems."""

from __future__ import annotations

import os
from pathlib import Path

PROC = Path("/proc")
ENDED = (FileNotFoundError, ProcessLookupError)  # a process ended during the reading


def tree_bytes(pid: int) -> int | None:
    """Return the sum of PSS in bytes, in which pages shared by several processes count once."""
    if not (PROC / "self/smaps_rollup").exists():
        return None
    return sum(map(_pss, _tree(pid)))


def tree_seconds(pid: int) -> float | None:
    """Return the processor seconds so far, including ended descendants whose parent waited for them."""
    if not (PROC / "self/stat").exists():
        return None
    ticks = (sum(map(int, _stat(process)[11:15])) for process in _tree(pid))
    return sum(ticks) / os.sysconf("SC_CLK_TCK")


def _tree(pid: int) -> set[int]:
    parents = {int(entry): int(_stat(int(entry))[1]) for entry in os.listdir(PROC) if entry.isdigit()}
    tree, more = {pid}, {pid}
    while more:
        more = {child for child, parent in parents.items() if parent in more}
        tree |= more
    return tree


def _stat(pid: int) -> list[bytes]:
    """Return the fields of /proc/PID/stat after the command's name, which may hold any character."""
    try:
        return (PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
    except ENDED:
        return [b"0"] * 50


def _pss(pid: int) -> int:
    try:
        rollup = (PROC / str(pid) / "smaps_rollup").read_bytes().splitlines()
    except ENDED:
        return 0
    return next((int(line.split()[1]) * 1024 for line in rollup if line.startswith(b"Pss:")), 0)
