"""Fingerprints of stages: equal in two processes only if their tasks give the same rows, reports and partitions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from glowray.functions.fingerprints.cannot_tell import CannotTell
from glowray.functions.fingerprints.digest import digest
from glowray.functions.fingerprints.environment import environment
from glowray.kernels.partition.partition_steps import Rewrite, Write
from glowray.physical.resume.input_files import input_files
from glowray.physical.resume.plain_forms import PlainForms
from glowray.physical.stages.stage import Branch, StagePlan
from glowray.resources import Resources
from glowray.rows.keys import registered_keys


class StageFingerprints:
    """The fingerprints of a job's stages. `reasons` says why a stage has none."""

    def __init__(
        self, stages: Sequence[StagePlan], targets: Collection[StagePlan], needs: Resources, *, vectorize: bool
    ) -> None:
        self.found: dict[StagePlan, str] = {}
        self.reasons: dict[StagePlan, str] = {}
        self._needs, self._vectorize = needs, vectorize
        self._forms = PlainForms(input_files(stages), self.found)
        for stage in stages:  # a stage comes after the stages that it reads
            if stage not in targets:
                self._add(stage)

    def _add(self, stage: StagePlan) -> None:
        try:
            self.found[stage] = digest(self._parts(stage), self._forms)
        except CannotTell as error:
            self.reasons[stage] = str(error)

    def _parts(self, stage: StagePlan) -> Any:
        """Return what decides the results of a stage's tasks. How rows are laid out for nodes does not."""
        if stage.until is not None or stage.flows:
            raise CannotTell("it may end before all of its tasks have run")
        branches = [self._branch(branch) for branch in stage.branches]
        rest = (stage.exchange, stage.stream, stage.prunes, registered_keys(), self._vectorize)
        return environment(), branches, rest

    def _branch(self, branch: Branch) -> Any:
        if any(isinstance(step, Write | Rewrite) for step in branch.steps):
            raise CannotTell("it writes files")
        memory = self._needs.joined(branch.resources).memory  # decides from which size a group is a gr.Group
        return branch.source, branch.steps, branch.count, branch.reads, len(branch.beside), branch.counted, memory
