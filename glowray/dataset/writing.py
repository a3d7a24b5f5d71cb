"""Actions that write files: a folder of ordered parts and _SUCCESS, or one file."""

from __future__ import annotations

import os
from typing import Any

from glowray.dataset.base import Base, T_co, action

Target = str | os.PathLike[str]


class WriteActions(Base[T_co]):
    """write_text and its kin."""

    @action
    def write_text(
        self,
        path: Target,
        *,
        mode: str = "error",
        single_file: bool = False,
        compression: str | None = None,
        defer: bool = False,
    ) -> Any:
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
            defer: write at flow.run(), in one pass with its other outputs; returns the dataset.

        Returns:
            Written(files, rows, bytes).

        Raises:
            FileExistsError: something is at `path`.
            CommitConflict: another job wrote there meanwhile.
        """
        from glowray.io.text_sink import TextSink

        return self._write("write_text", TextSink(compression), path, mode, single_file, defer)

    def _write(self, verb: str, sink: Any, path: Target, mode: str, single_file: bool, defer: bool) -> Any:
        from glowray.action.outputs import FileTarget, run_targets
        from glowray.io.commit import Commit

        commit = Commit(path, sink, mode, single_file)
        commit.check()
        target = FileTarget(self._node, verb, str(path), commit)
        if defer:
            self._flow.targets.append(target)
            return self
        return run_targets(self._flow.settings, self._flow.outcome, [target])[0]
