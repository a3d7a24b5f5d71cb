"""The options of a store: keys, tokens, endpoints. Nothing here is ever shown."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from glowray.io.filesystem.globs import has_magic

_PUBLIC = frozenset({"account_name", "endpoint_url", "host", "port", "project", "region", "region_name", "user"})
"""The options whose values errors may show."""

_SHORT = 4


@dataclass(frozen=True, slots=True)
class HiddenOptions:
    """The options of a file system by name. Its repr shows the names alone.

    >>> HiddenOptions({"key": "AKIA", "secret": "s3cr3t"})
    HiddenOptions(key, secret)
    """

    values: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"HiddenOptions({', '.join(self.values)})"

    def __hash__(self) -> int:
        return hash(frozenset(self.values))

    def without_secrets(self, text: str) -> str:
        """Return a text with "…" in place of each value that may be a secret.

        >>> HiddenOptions({"secret": "s3cr3t"}).without_secrets("403: s3cr3t is wrong")
        '403: … is wrong'
        """
        for secret in sorted(_secrets(self.values), key=len, reverse=True):
            for form in {secret, quote(secret, safe="")}:
                pattern = re.escape(form)
                text = re.sub(pattern if len(form) >= _SHORT else rf"(?<!\w){pattern}(?!\w)", "…", text)
        return text


def checked_options(options: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the user's `storage_options` as a dict that can be pickled.

    Raises TypeError, which names the option and never its value, if a name is no str or a value cannot be pickled.
    """
    found = dict(options or {})
    for name, value in found.items():
        if not isinstance(name, str):
            raise TypeError("storage_options must be a dict of option names, which are str")
        try:
            pickle.dumps(value)
        except Exception as error:  # A class of the user's may raise anything. Its text may hold the value.
            kind = type(error).__name__
            raise TypeError(f"storage_options: {name!r} cannot be sent to workers: pickling it gave {kind}") from None
    return found


def known_options(scheme: str, options: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return the options, all of which must be among `names`. Raises ValueError for another one."""
    for name in options:
        if name not in names:
            raise ValueError(f"storage_options: {scheme}:// has no option {name!r}, only {', '.join(names)}")
    return dict(options)


def check_bucket(name: str) -> None:
    """Raise ValueError for a pattern in place of a bucket's name."""
    if has_magic(name):
        raise ValueError(f'"{name}": a bucket\'s name cannot be a pattern')


def _secrets(values: Any) -> Iterator[str]:
    if isinstance(values, Mapping):
        for name, value in values.items():
            if name not in _PUBLIC:
                yield from _secrets(value)
    elif isinstance(values, (list, tuple)):
        for value in values:
            yield from _secrets(value)
    elif isinstance(values, bytes):
        yield from _secrets(values.decode(errors="replace"))
    elif isinstance(values, str) and values:
        yield values
