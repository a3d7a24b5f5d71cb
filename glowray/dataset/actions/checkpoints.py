"""checkpoint(): write a dataset's rows to files and continue from these files instead of the plan."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from glowray.arguments import StorageOptions
from glowray.dataset.core.base import Base, T_co
from glowray.plan.nodes import Read

if TYPE_CHECKING:
    from glowray.dataset.dataset import Dataset


class Checkpoints(Base[T_co]):
    """The verb checkpoint."""

    def checkpoint(self, path: str | os.PathLike[str], *, storage_options: StorageOptions = None) -> Dataset[T_co]:
        """Write the rows to a folder now and return a dataset that reads them. The workers write and read.

        >>> import glowray as gr, tempfile
        >>> squares = gr.from_range(4, partitions=2).map(lambda n: n * n).checkpoint(tempfile.mkdtemp() + "/squares")
        >>> squares.collect(), squares.num_partitions
        ([0, 1, 4, 9], 2)

        The steps before it do not run again. Partitions and row types stay the same.

        Args:
            path: a folder that does not exist or is empty, and that every node can reach. It may be a URL.
            storage_options: as for write_text().

        Raises:
            FileExistsError: the folder is not empty.
            DamagedFile: at an action that reads it, a file has changed. Files are signed with a key of this user.
        """
        from glowray.action.outputs import WriteTarget, run_targets
        from glowray.cluster.host.signing_key import signing_key
        from glowray.io.checkpoint import CheckpointSink, checkpoint_reader
        from glowray.io.commit.commit import Commit
        from glowray.io.filesystem.chosen import is_url

        key = signing_key()
        commit = Commit(path, CheckpointSink(key), storage_options=storage_options)
        try:
            commit.check()
        except FileExistsError:
            raise FileExistsError(f'"{commit.label}" is not empty: a checkpoint needs a folder of its own') from None
        target = WriteTarget(self._node, "checkpoint", commit.label, commit)
        run_targets(self._flow.settings, self._flow.outcome, [target])
        folder = path if is_url(os.fspath(path)) else os.path.abspath(path)
        return self._with(Read(checkpoint_reader(folder, key, storage_options), "checkpoint"))
