"""The choice of the file system that serves a path or URL."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from glowray.io.filesystem.location import Location
from glowray.io.filesystem.options import checked_options

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")

_CLASSES = {
    "s3": ("s3", "S3Files"),
    "s3a": ("s3", "S3Files"),
    "gs": ("clouds", "GcsFiles"),
    "gcs": ("clouds", "GcsFiles"),
    "abfs": ("clouds", "AzureFiles"),
    "abfss": ("clouds", "AzureFiles"),
    "hdfs": ("clouds", "HdfsFiles"),
    "viewfs": ("clouds", "HdfsFiles"),
    "http": ("http", "HttpFiles"),
    "https": ("http", "HttpFiles"),
    "memory": ("fsspec_adapter", "MemoryFiles"),
}
"""The module and class for each scheme. fsspec serves the schemes that are not here."""


def is_url(path: str) -> bool:
    """Return whether a path is a URL of a store.

    >>> is_url("s3://bucket/a.csv"), is_url("file:///tmp/a.csv"), is_url("/tmp/a.csv")
    (True, False, False)
    """
    found = _URL.match(path)
    return found is not None and found[1].lower() != "file"


def chosen(path: str | os.PathLike[str], options: Mapping[str, Any] | None = None) -> Location:
    """Return where a path or URL leads. Nothing is asked of the store.

    >>> chosen("/data/a.csv"), chosen("file:///tmp/a.csv")
    (</data/a.csv>, </tmp/a.csv>)

    Args:
        path: a path of this machine, or a URL. Its login data are not shown again.
        options: the user's `storage_options`, with the names that fsspec's file system of that scheme has.

    Raises:
        ValueError: the scheme or an option is unknown, or options are given for a path that is no URL.
        ImportError: the package that serves the scheme is missing.
    """
    text = os.fspath(path)
    if not isinstance(text, str):
        raise TypeError(f"a path must be a str or a pathlib.Path, not {path!r}")
    known = checked_options(options)
    if not is_url(text):
        if known:
            raise ValueError(f'storage_options are for URLs, and "{text}" is a path of this machine')
        return Location(_local(text))
    scheme = text.partition("://")[0].lower()
    module, name = _CLASSES.get(scheme, ("fsspec_adapter", "FsspecFiles"))
    files, inner = getattr(import_module(f"glowray.io.filesystem.stores.{module}"), name).of(text, known)
    return Location(inner, files)


def _local(text: str) -> str:
    """Return a path without `file://`, and with "~" expanded."""
    if not text:
        raise FileNotFoundError('"" is no path: it names nothing')
    return os.path.expanduser(text.removeprefix("file://"))
