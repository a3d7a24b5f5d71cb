"""The base of commits to a folder and to a file of a store: leases, claims, and the removal of files.

docs/architecture/io.md has the table of steps.
"""

from __future__ import annotations

import contextlib
from abc import abstractmethod
from collections.abc import Iterable, Sequence

from glowray.errors import CommitConflict
from glowray.io.commit.claims import Claim
from glowray.io.commit.jobs import LEASE, Jobs
from glowray.io.commit.place import Place
from glowray.io.commit.store_place import at_once
from glowray.io.commit.target import Target
from glowray.io.files.job_parts import job_of
from glowray.io.filesystem.location import Location
from glowray.io.sink import Part


class StoreTarget(Target):
    """A target in a store. The commit is one write of one object, or for several targets of a run one decision.

    A cleaning up that fails is left to the next job: readers see none of it.
    """

    can_undo = False

    def __init__(self, location: Location, folder: str, mode: str, job: str, extension: str) -> None:
        self.location = location
        self.files = location.files
        self._mode, self._job, self._extension = mode, job, extension
        self._jobs = Jobs(location.at(folder), self.label, job)
        self._group: RunGroup | None = None
        self._claim_path: str | None = None
        self._loose: dict[str, str] = {}
        self._is_left = False

    @property
    def label(self) -> str:
        return str(self.location)

    def begin(self) -> Place:
        try:
            self._jobs.enter()
            return self._begin()
        except BaseException:
            self.release()
            raise

    def check_seen(self, parts: Sequence[Part]) -> None:
        """Do nothing: `verify()` looks for the parts."""

    def put(self) -> None:
        """Claim the target, so that no other job can commit to it."""
        self._claim_path = self._jobs.claim_path(self._state())
        self._jobs.claim(self._claim_path, self._claim())
        if self._has_changed() or not self._jobs.is_held():
            raise self._conflict()

    def finish(self) -> None:
        if self._group is None:
            self._write()
            return
        self._group.decide()
        try:
            self._write()
        except OSError as error:
            error.add_note("all outputs of the run count: readers see them when the next job writes to one of them")
            raise

    def undo(self) -> None:
        """Give the claim back. If that fails, or the output may be visible, leave everything to the next job."""
        self._jobs.stop()
        try:
            if self._group is not None:
                self._group.withdraw()
            if self._claim_path is not None and not self._is_left:
                self._jobs.give_back(self._claim_path)
        except OSError:
            self._is_left = True

    def close(self) -> None:
        self._jobs.stop()
        with contextlib.suppress(OSError):  # A claim that stays needs the files that it names.
            self._jobs.give_back(self.claim_path)
            self._remove(self._replaced())
            self._sweep()
        if self._group is not None:
            self._group.close(self)
        with contextlib.suppress(OSError):
            self._jobs.leave()
        self._drop()

    def release(self) -> None:
        self._jobs.stop()
        self._drop()
        if not self._is_left:
            with contextlib.suppress(OSError):
                self._remove(name for name, job in self._own_files().items() if job == self._job)
                self._jobs.leave()
                self.files.abort_uploads(self._uploads, lambda path: job_of(path) == self._job)

    def join_group(self, group: RunGroup) -> None:
        """Make the commit part of a run's: it counts when the group is decided."""
        self._group = group

    @property
    def claim_path(self) -> str:
        """The path of the claim that this job has."""
        assert self._claim_path is not None, "put() has claimed the target"
        return self._claim_path

    @property
    def jobs(self) -> Jobs:
        """The jobs that write to the target."""
        return self._jobs

    def leave_to_next(self) -> None:
        """Leave all files to the next job, because the output may already count."""
        self._is_left = True

    @property
    @abstractmethod
    def _root(self) -> str:
        """The folder below which the job writes its files."""

    @property
    @abstractmethod
    def _uploads(self) -> str:
        """The folder below which the job uploads files."""

    @abstractmethod
    def _begin(self) -> Place:
        """Read the target's present files, and return the place where tasks put theirs."""

    @abstractmethod
    def _state(self) -> str:
        """Return a name for the content that the job replaces."""

    @abstractmethod
    def _claim(self) -> Claim:
        """Return the record that the job writes when it commits."""

    @abstractmethod
    def _has_changed(self) -> bool:
        """Return whether the target has another content than at `begin()`."""

    @abstractmethod
    def _write(self) -> None:
        """Write the one object that makes the output visible."""

    @abstractmethod
    def _own_files(self) -> dict[str, str]:
        """Return the files below `_root` that no reader sees, each with the id of its job."""

    @abstractmethod
    def _replaced(self) -> list[str]:
        """Return the files that the output replaced."""

    def _drop(self) -> None:
        """Remove the job's temporary files on this machine's disk."""

    def _is_dead_upload(self, path: str, dead: set[str]) -> bool:
        """Return whether the process that began an upload has ended. `dead` are jobs that are known to have."""
        job = job_of(path)
        return job is not None and (job in dead or job in self._jobs.dead_among({job}))

    def _sweep(self) -> None:
        """Remove the files of this job that are not listed, and those of jobs that are dead."""
        leases = [name for name in self._jobs.names() if name.endswith(LEASE)]
        dead = self._jobs.dead_among({*self._loose.values(), *(name.removesuffix(LEASE) for name in leases)})
        gone = {*dead, self._job}
        self._remove(name for name, job in self._loose.items() if job in gone)
        self._jobs.forget(dead)
        self.files.abort_uploads(self._uploads, lambda path: self._is_dead_upload(path, gone))

    def _remove(self, names: Iterable[str]) -> None:
        at_once(self.files.delete, [f"{self._root}/{name}" for name in names])

    def _conflict(self) -> CommitConflict:
        return CommitConflict(f'"{self.label}" changed while the job ran: nothing was written')


class RunGroup:
    """The targets of one run in one store. One object, the decision, makes all their outputs count.

    The job that reads a decision of a dead job carries out its claims, so that readers see all outputs or none soon.
    """

    def __init__(self, targets: Sequence[StoreTarget]) -> None:
        self._targets = targets
        self._first = targets[0]
        self._is_decided = self._may_be_decided = False
        for target in targets:
            target.join_group(self)

    @property
    def path(self) -> str:
        """The path of the decision, in the folder of the first target's jobs."""
        return self._first.jobs.decision_path

    def decide(self) -> None:
        """Decide that all outputs count. The first call does it."""
        if self._is_decided:
            return
        self._may_be_decided = True
        self._first.jobs.decide([target.claim_path for target in self._targets])
        self._is_decided = True
        for target in self._targets:
            target.leave_to_next()

    def withdraw(self) -> None:
        """Remove a decision that may have been written. Raises OSError if that fails. A made decision stays."""
        if self._may_be_decided and not self._is_decided:
            self._first.files.delete(self.path)
            self._may_be_decided = False

    def close(self, target: StoreTarget) -> None:
        """Remove the decision when the last target is closed."""
        if target is self._targets[-1]:
            with contextlib.suppress(OSError):
                self._first.files.delete(self.path)


def make_groups(targets: Sequence[StoreTarget]) -> None:
    """RunGroup the targets of a run by their store. One target alone needs no group."""
    found: list[list[StoreTarget]] = []
    for target in targets:
        own = next((group for group in found if group[0].files == target.files), None)
        if own is None:
            found.append([target])
        else:
            own.append(target)
    for group in found:
        if len(group) > 1:
            RunGroup(group)
