"""Saves the results of a job's tasks for `resume=`, and gives saved results back in place of running their tasks.

A saved task is taken only if all tasks of the stages that it reads are saved too. So all rows come from one run of each
function, also if a function gives other rows each time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from glowray.engine.task.payload import Payload, pack
from glowray.engine.task.protocol import Task
from glowray.io.saved.saved_folder import SavedFolder
from glowray.kernels import Fragment
from glowray.kernels.task.saved_tasks import SavedTasks, TaskSaver
from glowray.physical.resume.stage_fingerprints import StageFingerprints
from glowray.physical.stages.stage import StagePlan
from glowray.resources import Resources


@dataclass
class Restoring:
    """The saved tasks of one job. Without a folder nothing is saved.

    Args:
        folder: where results are saved.
        fingerprints: the fingerprint of each stage that is saved.
        reasons: why other stages are not.
        saved: for each stage the tasks that need not run, and how many objects each gave.
        read: the stages whose objects some task reads.
    """

    folder: SavedFolder | None = None
    fingerprints: Mapping[StagePlan, str] = field(default_factory=dict)
    reasons: Mapping[StagePlan, str] = field(default_factory=dict)
    saved: dict[StagePlan, Mapping[int, int]] = field(default_factory=dict)
    read: set[StagePlan] = field(default_factory=set)
    _payloads: dict[tuple[StagePlan, int], Payload] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        folder: SavedFolder,
        stages: Sequence[StagePlan],
        targets: Collection[StagePlan],
        needs: Resources,
        *,
        vectorize: bool,
    ) -> Restoring:
        """Look which tasks of a job's stages are saved. Targets, which have effects, are never saved."""
        found = StageFingerprints(stages, targets, needs, vectorize=vectorize)
        restoring = cls(folder, found.found, found.reasons)
        listing = folder.listing()
        for stage in stages:
            if stage in found.found and all(map(restoring.is_complete, stage.upstream)):
                restoring.saved[stage] = listing.get(found.found[stage], {})
        for stage in reversed(stages):  # a stage comes after the stages that it reads
            if stage.store is not None:
                restoring.read.add(stage)
            # A task without objects has left its rows where they were: in what it read.
            if not restoring.is_complete(stage) or (stage in restoring.read and 0 in restoring.saved[stage].values()):
                restoring.read.update(stage.upstream)
        return restoring

    def is_complete(self, stage: StagePlan) -> bool:
        """Return whether no task of a stage has to run."""
        saved = self.saved.get(stage, {})
        return all(place in saved for place in range(stage.num_tasks)) and stage in self.saved

    def has_objects(self, stage: StagePlan) -> bool:
        """Return whether later tasks read the blocks of a stage. If not, its reports are enough."""
        return stage in self.read or not self.is_complete(stage)

    def is_saved(self, stage: StagePlan, place: int) -> bool:
        """Return whether a task need not run."""
        return place in self.saved.get(stage, ())

    def saving(self, stage: StagePlan, fragments: Sequence[Fragment]) -> Sequence[Fragment]:
        """Return the fragments of a stage, changed so that their tasks save their outputs."""
        fingerprint = self.fingerprints.get(stage)
        if self.folder is None or fingerprint is None or self.is_complete(stage):
            return fragments
        saver = TaskSaver(self.folder.files(fingerprint))
        return [replace(fragment, saver=saver) for fragment in fragments]

    def restored(self, stage: StagePlan, task: Task) -> Task:
        """Return a task that gives the saved output if the task was saved, else the task itself."""
        place = task.identity[1]
        if self.folder is None or not self.is_saved(stage, place):
            return task
        key = stage, id(task.payload.fragment)
        if key not in self._payloads:
            files = self.folder.files(self.fingerprints[stage])
            program = SavedTasks(files, self.saved[stage], self.has_objects(stage))
            self._payloads[key] = replace(pack(program), fragment=task.payload.fragment)
        outputs = self.saved[stage][place] if self.has_objects(stage) else 0
        return replace(task, payload=self._payloads[key], outputs=outputs, offset=0)
