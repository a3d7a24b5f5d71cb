"""Carries out the faults that user functions fire, and repairs what they broke."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from glowray.cluster.host.processes import Process
from tests.cluster.chaos.faults import APPLIED, FIRED, KINDS, Fault, Fuses
from tests.cluster.chaos.lab import Lab, run
from tests.cluster.machine import DEADLINE

LOOK_SECONDS = 0.03
FULL_DISK = "on a full disk"  # a part of the error of a node that cannot start there
BY_FUNCTION = ("worker", "memory")
SIGNALS = {"kill": signal.SIGKILL, "term": signal.SIGTERM, "int": signal.SIGINT}

Repair = Callable[[], object]


class Firing:
    """A thread that looks for fired fuses while the driver runs. `stop()` repairs everything."""

    def __init__(self, lab: Lab, fuses: Fuses, driver: Process) -> None:
        self.lab, self.fuses, self.driver = lab, fuses, driver
        self.fired: set[int] = set()
        self.errors: list[str] = []
        self._due: list[tuple[float, Repair]] = []
        self._is_frozen = False
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        """Repair everything that is still broken, and end the thread."""
        self._is_over.set()
        self._thread.join()
        for _, repair in self._due:
            repair()

    def _run(self) -> None:
        while not self._is_over.wait(LOOK_SECONDS):
            for number, fault in enumerate(self.fuses.faults):
                if number not in self.fired and self.fuses.file(number, FIRED).exists():
                    self._apply(number, fault)
            now = time.monotonic()
            for moment, repair in [entry for entry in self._due if entry[0] <= now]:
                self._due.remove((moment, repair))
                repair()

    def _apply(self, number: int, fault: Fault) -> None:
        self.fired.add(number)
        moment = time.monotonic() + fault.seconds
        try:
            if fault.kind in SIGNALS:
                self._due.append((moment, lambda: self._signal(SIGNALS[fault.kind])))
            elif fault.kind not in BY_FUNCTION:
                repair = self._break(fault)
                if repair is not None:
                    self._due.append((moment if KINDS[fault.kind].lasts[1] else float("inf"), repair))
        except Exception as error:
            self.errors.append(f"{fault.kind} could not be applied: {error!r}")
        self.fuses.file(number, APPLIED).touch()

    def _signal(self, number: signal.Signals) -> None:
        if self.driver.is_alive() and not self._is_over.is_set():
            os.kill(self.driver.pid, number)

    def _break(self, fault: Fault) -> Repair | None:
        """Apply a fault. Return what repairs it, None if healing the cluster does."""
        lab = self.lab
        match fault.kind:
            case "raylet":
                end_all(lab.processes(fault.host, "raylet"))
            case "head":
                end_all(lab.supervisors(0))  # the kernel ends Ray's processes with it
            case "link":
                lab.hosts[fault.host].cut()
                return lab.hosts[fault.host].mend
            case "slow":
                self._thaw()
                run("fsfreeze", "--freeze", lab.disk)
                self._is_frozen = True
                return self._thaw
            case "full":
                self._thaw()
                make_room = fill(lab.disk)
                return lambda: (self._thaw(), make_room())
            case "spill":
                return fill(lab.temporary[fault.host])
            case "late":
                return self._join_late()
        return None

    def _thaw(self) -> None:
        """Let the disk go on if it hangs. This thread would hang too if it changed a file there."""
        if self._is_frozen:
            run("fsfreeze", "--unfreeze", self.lab.disk)
            self._is_frozen = False

    def _join_late(self) -> Repair:
        """Start the last host's node. Return what waits for it."""
        machine, head = self.lab.machines[-1], self.lab.head
        assert head is not None
        joining = machine.spawn("join", head.address, "--token-file", head.token_file, "--num-cpus", 1)
        return lambda: self._ended(joining)

    def _ended(self, joining: subprocess.Popen[str]) -> None:
        said, _ = joining.communicate(timeout=DEADLINE)
        is_lost = any(fault.kind == "head" for fault in self.fuses.faults)  # then there may be no cluster to join
        last = len(self.lab.machines) - 1
        is_full = any(fault.kind == "spill" and fault.host == last for fault in self.fuses.faults)
        if is_full and FULL_DISK in said:
            return
        if joining.returncode and not is_lost:
            self.errors.append(f"a node that joined late said: {said}")


def end_all(processes: list[Process]) -> None:
    """Kill processes of a host."""
    for process in processes:
        os.kill(process.pid, signal.SIGKILL)


def fill(folder: Path) -> Repair:
    """Fill the disk of a folder. Return what makes room again."""
    filler = folder / "filler"
    with filler.open("wb") as file:
        size = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
        while size >= 4096:
            try:
                os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, size)
            except OSError:
                size //= 2
    return lambda: filler.unlink(missing_ok=True)
