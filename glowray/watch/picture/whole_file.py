"""Write a small file whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: str | os.PathLike[str], data: bytes, verb: str) -> None:
    """Write a file under another name, then rename it.

    Raises:
        FileNotFoundError: the folder does not exist. The message names `verb`.
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(f"{verb}() cannot write {target}: there is no folder {target.parent}")
    made = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        made.write_bytes(data)
        made.replace(target)
    finally:
        made.unlink(missing_ok=True)
