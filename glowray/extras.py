"""The libraries that glowray uses if they are installed, and the extra of glowray that installs each of them."""

from __future__ import annotations

from importlib.util import find_spec

from glowray.errors import MissingLibrary

EXTRAS = {
    "adbc_driver_postgresql": ("adbc-driver-postgresql", "postgres"),
    "adbc_driver_sqlite": ("adbc-driver-sqlite", "sqlite"),
    "confluent_kafka": ("confluent-kafka", "kafka"),
    "cryptography": ("cryptography", "tls"),
    "deltalake": ("deltalake", "delta"),
    "fsspec": ("fsspec", "fsspec"),
    "obstore": ("obstore", "s3"),
    "pandas": ("pandas", "pandas"),
    "polars": ("polars", "polars"),
    "pygraphviz": ("pygraphviz", "plot"),
    "pymongo": ("pymongo", "mongo"),
}
"""The module of each library, with the name of its package and of the extra."""


def check_extra(module: str, user: str, instead: str | None = None) -> None:
    """Raise MissingLibrary, which names the extra to install, unless a library of EXTRAS is installed.

    It does not import the library. `user` is what needs it, as the user wrote it: `to_pandas()`. `instead` is the end
    of the sentence: what works without the library.
    """
    if find_spec(module) is None:
        package, extra = EXTRAS[module]
        hint = f"; {instead}" if instead else ""
        raise MissingLibrary(
            f'{user} needs {package}: install it with pip install "glowray[{extra}]"{hint}', name=module
        )
