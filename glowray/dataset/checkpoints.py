"""checkpoint: a dataset's rows in files, and the plan that led to them forgotten."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from glowray.dataset.base import Base, T_co
from glowray.plan.nodes import Read

if TYPE_CHECKING:
    from glowray.dataset.dataset import Dataset


class Checkpoints(Base[T_co]):
    """checkpoint."""

    def checkpoint(self, path: str | os.PathLike[str]) -> Dataset[T_co]:
        """Writes the rows to a folder now, and gives a dataset that reads them: what led to them is not run again.

        >>> import glowray as gr, tempfile
        >>> squares = gr.from_range(4, partitions=2).map(lambda n: n * n).checkpoint(tempfile.mkdtemp() + "/squares")
        >>> squares.collect(), squares.num_partitions
        ([0, 1, 4, 9], 2)

        Args:
            path: a folder that is not there yet or empty, where every node can reach it.

        Raises:
            FileExistsError: something is at `path`.
            DamagedFile: when it is read, if a file has changed since (files are signed with a key of this user's).
        """
        from glowray.action.outputs import FileTarget, run_targets
        from glowray.io.checkpoint import CheckpointSink, checkpoint_reader
        from glowray.io.commit import Commit

        key = checkpoint_key()
        commit = Commit(path, CheckpointSink(key))
        try:
            commit.check()
        except FileExistsError:
            raise FileExistsError(f'"{path}" is not empty: a checkpoint needs a folder of its own') from None
        target = FileTarget(self._node, "checkpoint", str(path), commit)
        run_targets(self._flow.settings, self._flow.outcome, [target])
        return self._with(Read(checkpoint_reader(os.path.abspath(path), key), "checkpoint"))


def checkpoint_key() -> bytes:
    """The key that signs this user's checkpoints: a file of mode 0600, made once."""
    import secrets  # not for jobs without a checkpoint

    from glowray.cluster.home import home, write_secret

    path = home() / "checkpoint.key"
    if not path.exists():
        write_secret(path, secrets.token_hex(32))
    if path.stat().st_mode & 0o077:
        raise PermissionError(f"{path} can be read by other users; run: chmod 600 {path}")
    return bytes.fromhex(path.read_text())
