"""Actions that write files: a folder of ordered parts and _SUCCESS, or one file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from glowray.action.perform import perform
from glowray.dataset.base import Base, T_co
from glowray.kernels.exchange import Count
from glowray.kernels.partition_steps import Write

if TYPE_CHECKING:
    from glowray.io.commit import Written

Target = str | os.PathLike[str]


class WriteActions(Base[T_co]):
    """write_text and its kin."""

    def write_text(
        self,
        path: Target,
        *,
        mode: str = "error",
        single_file: bool = False,
        compression: str | None = None,
    ) -> Written:
        r"""Writes str(row) and a newline for every row; nothing is at `path` until all of it is.

        >>> import glowray as gr, tempfile
        >>> folder = tempfile.mkdtemp()
        >>> gr.from_items(["a", "b"], partitions=1).write_text(f"{folder}/out").rows
        2
        >>> gr.read_text(f"{folder}/out").collect()
        ['a', 'b']

        Args:
            path: a folder for part files and _SUCCESS, or with single_file the file itself.
            mode: "error" if something is there; "overwrite" replaces an empty folder or one that glowray wrote;
                "append" adds parts.
            compression: None, "gz", "bz2", "zst" or "xz".

        Raises:
            FileExistsError: something is at `path`.
            CommitConflict: another job wrote there meanwhile.
        """
        from glowray.io.text import text_sink

        return self._write("write_text", text_sink, path, mode, single_file, compression)

    def _write(self, verb: str, make_sink: Any, path: Target, mode: str, single_file: bool, compression: Any) -> Any:
        from glowray.io.commit import Commit

        commit = Commit(path, mode=mode, single_file=single_file)
        commit.check()
        step = Write(verb, str(path), make_sink(commit, compression=compression))
        try:
            (stage,), _, _ = perform(self._flow.settings, self._flow.outcome, [self._step(step)._node], Count())
        except BaseException:
            commit.abort()
            raise
        return commit.commit([part for report in stage.reports if report is not None for part in report.parts])
