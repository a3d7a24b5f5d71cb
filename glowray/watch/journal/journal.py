"""The journal of a running job. It is written while the job runs, so that it is there when the driver is killed."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from dataclasses import asdict
from typing import Any

from glowray.engine.task.protocol import Done, Engine, Task
from glowray.physical.stages.stage import StageRun
from glowray.watch.journal.folder import JournalFile, line, sweeper
from glowray.watch.journal.measures import measured
from glowray.watch.journal.status import RunStatus
from glowray.watch.record.event_log import EventLog
from glowray.watch.record.run_record import RunRecord
from glowray.watch.run.null_watcher import NullWatcher
from glowray.watch.run.progress import Bars

BEAT_SECONDS = 1.0
"""Seconds between two states of the job, which show that it is alive."""

KEPT_SECONDS = 1.0
"""A shorter job that succeeded leaves no journal."""

MEASURE_SHARE = 20
"""Levels and times are written at most once in 1/MEASURE_SHARE of the job's seconds so far, as they are long."""

POST_SECONDS = 2.0
"""How long the end of a job waits until the cluster has removed its notice."""


class Journal(NullWatcher):
    """Writes the events of a job to a file, and posts its state to its cluster once a second.

    It stands behind the event log and the statistics in the list of watchers, and reads both.
    """

    def __init__(self, record: RunRecord, engine: Engine, stages: int, vectorize: bool) -> None:
        self.record, self.engine, self.vectorize = record, engine, vectorize
        self.bars = Bars(record.stats.name, stages)
        self.file: JournalFile | None = None
        self.descriptor = -1
        self.written = 0
        self.began = self.next_measure = 0.0
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.beating = threading.Thread(target=self._beat_on, name="glowray journal", daemon=True)

    @property
    def _log(self) -> EventLog:
        return self.record.log

    def begin(self) -> None:
        """Make the file and write the plan."""
        self.began = time.time()
        self.next_measure = self.began + BEAT_SECONDS
        created = JournalFile.create()
        if created is None:
            return
        self.file, self.descriptor = created
        picture = {"graph": asdict(self.record.graph), "reads": self.record.reads, "rules": self.record.stats.rules}
        self._write({"event": "picture", **picture})
        self._flush()
        self.beating.start()

    def announce(self, text: str) -> None:
        """Note what the engine does besides running tasks. "" ends the announcement."""
        self.bars.announce(text)

    def stage_started(self, stage: StageRun) -> None:
        self.bars.stage_started(stage)
        self._flush()

    def task_sent(self, task: Task) -> None:
        self._flush()

    def task_done(self, stage: StageRun, done: Done) -> None:
        self.bars.task_done(stage, done)
        self._flush()
        now = time.time()
        if now >= self.next_measure:
            self._measure()
            self.next_measure = now + max(BEAT_SECONDS, (now - self.began) / MEASURE_SHARE)

    def stage_done(self, stage: StageRun) -> None:
        self.bars.stage_done(stage)
        self._flush()

    def end(self) -> None:
        """Write the last events, and remove the file if the job was short and succeeded."""
        if self.file is None:
            return
        self.over.set()
        if time.time() - self.began >= BEAT_SECONDS:
            self.beating.join(POST_SECONDS)  # A cluster that is lost must not hold up the error of the job.
        is_kept = self._log.failure is not None or time.time() - self.began >= KEPT_SECONDS
        if is_kept:
            self._measure()
            self._flush()
        with self.lock:
            os.close(self.descriptor)
            self.descriptor = -1
        with contextlib.suppress(OSError):
            if is_kept:
                sweeper.ended(self.file.path)
            else:
                self.file.path.unlink()

    def _measure(self) -> None:
        """Write the levels, the times and the numbers that no event tells, for each stage that has begun."""
        for stage in self.record.stats.stages:
            self._write({"event": "measured", "time": time.time(), **measured(stage, self.vectorize)})

    def _flush(self) -> None:
        """Write the events that are new in the log."""
        with self.lock:
            events = self._log.events[self.written :]
            self.written += len(events)
            self._append(b"".join(line(event.to_dict()) for event in events))

    def _write(self, values: dict[str, Any]) -> None:
        with self.lock:
            self._append(line(values))

    def _append(self, lines: bytes) -> None:
        if self.descriptor >= 0 and lines:
            with contextlib.suppress(OSError):  # A full disk is no reason for the job to fail.
                os.write(self.descriptor, lines)

    def _beat_on(self) -> None:
        assert self.file is not None, "the thread starts when there is a file"
        is_posted = False
        while not self.over.wait(BEAT_SECONDS):
            status = RunStatus.of(self.file.run, self.file.driver, self.record.stats, self.bars.view, self.began)
            self._write(status.to_line())
            is_posted = self._post(json.dumps(status.to_line())) or is_posted
        if is_posted:
            self._post(None)

    def _post(self, text: str | None) -> bool:
        """Post a notice, or remove it. Return whether the engine could be asked: a lost cluster cannot."""
        assert self.file is not None
        try:
            self.engine.post(self.file.run, text)
        except Exception:
            return False
        return True
