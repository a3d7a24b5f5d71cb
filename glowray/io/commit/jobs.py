"""The jobs that write to one target of a store, as small objects beside its files.

- `3f0c….lease`: the job 3f0c… is alive
- `after-X.claim`: the job that replaces the content X of the target
- `3f0c….wish`: the job 3f0c… is about to claim the target, in a store where a claim may overwrite another
- `3f0c….decided`: the outputs of a run that become visible together
"""

from __future__ import annotations

import json

from glowray.errors import CommitConflict
from glowray.io.commit.claims import Claim, carry_out_all, read_object, write_object
from glowray.io.commit.lease import Lease, Life
from glowray.io.filesystem.location import Location

LEASE, CLAIM, WISH, DECIDED = ".lease", ".claim", ".wish", ".decided"


class Jobs:
    """The folder of these objects, as one job uses it."""

    def __init__(self, folder: Location, target: str, job: str) -> None:
        self.folder, self.job = folder, job
        self._files = folder.files
        self._target = target
        self._lease = Lease(self._files, self._path(job + LEASE))
        self.has_settled = False
        """Whether a dead job had claimed the target."""

    @property
    def decision_path(self) -> str:
        """The path of this job's decision."""
        return self._path(self.job + DECIDED)

    def enter(self) -> None:
        """Say that this job is alive, and finish or undo the commits of jobs that died.

        Raises CommitConflict if another job of this machine is alive, or one commits at this moment.
        """
        self._lease.begin()
        names = self.names()
        others = self._lives(names)
        if Life.ALIVE in others.values():
            raise CommitConflict(f'another job is writing to "{self._target}"')
        for name in names:
            if name.endswith(DECIDED) and others.get(name.removesuffix(DECIDED), Life.DEAD) is Life.DEAD:
                carry_out_all(self._files, self._path(name))
        for name in names:
            if name.endswith(CLAIM):
                self._settle(name, others)
            elif name.endswith(WISH) and others.get(name.removesuffix(WISH), Life.DEAD) is Life.DEAD:
                self._files.delete(self._path(name))

    def leave(self) -> None:
        """Remove the lease. The job has removed all else."""
        self._lease.stop()
        self._files.delete(self._lease.path)

    def stop(self) -> None:
        """Renew the lease no more. Another job finishes or undoes what this one leaves."""
        self._lease.stop()

    def is_held(self) -> bool:
        """Return whether no other job can have taken this one for dead."""
        return self._lease.is_held()

    def claim_path(self, state: str) -> str:
        """Return the path of the claim on the state of the target that this job replaces."""
        return self._path(f"after-{state}{CLAIM}")

    def claim(self, path: str, claim: Claim) -> None:
        """Claim the target. Raises CommitConflict if another job did."""
        try:
            if self._files.refuses_second(self._lease.path):
                self._files.create(path, claim.encode())
            else:
                self._claim_alone(path, claim)
        except FileExistsError:
            raise CommitConflict(f'another job is writing to "{self._target}": nothing was written') from None

    def _claim_alone(self, path: str, claim: Claim) -> None:
        """Claim the target in a store where one of two claims may overwrite the other.

        Each job writes a wish, and then looks for the wishes of others. The job that writes its wish later sees the
        wish or the claim of the other. So two jobs never both go on. If both wish before they look, neither does.
        """
        wish = self._path(self.job + WISH)
        write_object(self._files, wish, b"")
        try:
            wishing = [name.removesuffix(WISH) for name in self.names() if name.endswith(WISH)]
            if set(wishing) - {self.job} - self.dead_among(set(wishing)):
                raise FileExistsError
            self._files.create(path, claim.encode())
        finally:
            self._files.delete(wish)

    def give_back(self, path: str) -> None:
        """Remove the claim at a path if it is this job's."""
        data = read_object(self._files, path)
        if data is not None and Claim.decode(data).job == self.job:
            self._files.delete(path)

    def decide(self, claims: list[str]) -> None:
        """Decide that all claims are carried out."""
        self._files.create(self.decision_path, json.dumps(claims, indent=0).encode())

    def dead_among(self, jobs: set[str]) -> set[str]:
        """Return the jobs that are dead or have ended. This job is not among them."""
        others = self._lives([job + LEASE for job in jobs - {self.job}])
        return {job for job, life in others.items() if life is Life.DEAD}

    def forget(self, jobs: set[str]) -> None:
        """Remove the leases of dead jobs, of which nothing else is left."""
        for job in sorted(jobs):
            self._files.delete(self._path(job + LEASE))

    def names(self) -> list[str]:
        """Return the names of all objects in the folder, sorted."""
        start = len(self.folder.path) + 1
        return sorted(info.path[start:] for info in self._files.list(self.folder.path))

    def _lives(self, names: list[str]) -> dict[str, Life]:
        leases = [name for name in names if name.endswith(LEASE) and name != self.job + LEASE]
        now = self._lease.now_ns() if leases else None
        return {name.removesuffix(LEASE): self._lease.life_of(self._path(name), now) for name in leases}

    def _settle(self, name: str, others: dict[str, Life]) -> None:
        """Finish or undo the commit of a job that died. Raises CommitConflict if it may be alive."""
        data = read_object(self._files, self._path(name))
        if data is None:
            return
        claim = Claim.decode(data)
        if others.get(claim.job, Life.DEAD) is not Life.DEAD:
            raise CommitConflict(f'another job is just writing to "{self._target}": try again in two minutes')
        if claim.decided is not None and read_object(self._files, claim.decided) is not None:
            claim.carry_out(self._files)
        self.has_settled = True
        self._files.delete(self._path(name))

    def _path(self, name: str) -> str:
        return f"{self.folder.path}/{name}"
