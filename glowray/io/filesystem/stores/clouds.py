"""Google Cloud Storage, Azure and HDFS, each by pyarrow."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pyarrow.fs as pafs

from glowray.io.filesystem.options import HiddenOptions, check_bucket, known_options
from glowray.io.filesystem.stores.arrow import ArrowFiles, connected

_TOKEN_LIFE = timedelta(hours=1)
"""How long pyarrow believes in an access token. Google's own tokens live as long."""


RETRY_TIME = timedelta(minutes=1)
"""How long pyarrow repeats a request to Google that fails. By default it is 15 minutes, also if no host answers."""


@dataclass(frozen=True)
class GcsFiles(ArrowFiles):
    """Google Cloud Storage, with the option names of gcsfs: `project`, `token`, `endpoint_url`.

    `token` is "anon" or an access token. Without one, each machine looks for credentials as Google's tools do.
    """

    @classmethod
    def of(cls, url: str, options: Mapping[str, Any]) -> tuple[GcsFiles, str]:
        """Return the file system of a gs:// URL, and the path in it."""
        known = known_options("gs", options, ("project", "token", "endpoint_url"))
        check_bucket(url.partition("://")[2].partition("/")[0])
        emulator = os.environ.get("STORAGE_EMULATOR_HOST")
        if emulator:
            known.setdefault("endpoint_url", emulator if "://" in emulator else f"http://{emulator}")
        root = f"{url.partition('://')[0].lower()}://"
        return cls(root, HiddenOptions(known)), root + url.partition("://")[2]

    def connect(self) -> Any:
        options = self.options.values
        arguments: dict[str, Any] = {"project_id": options.get("project"), "retry_time_limit": RETRY_TIME}
        token, endpoint = options.get("token"), options.get("endpoint_url")
        if token == "anon" or (token is None and endpoint):
            arguments["anonymous"] = True
        elif token is not None:
            arguments |= {"access_token": token, "credential_token_expiration": datetime.now(UTC) + _TOKEN_LIFE}
        if endpoint:
            where = urlsplit(endpoint)
            arguments |= {"scheme": where.scheme, "endpoint_override": where.netloc}
        return pafs.GcsFileSystem(**arguments)


@dataclass(frozen=True)
class AzureFiles(ArrowFiles):
    """Azure Blob Storage and Data Lake, with the option names of adlfs.

    `host` is the part of a URL after the container: `@account.dfs.core.windows.net`, or "".
    """

    host: str = ""

    @classmethod
    def of(cls, url: str, options: Mapping[str, Any]) -> tuple[AzureFiles, str]:
        """Return the file system and the path of `abfs://container@account.dfs.core.windows.net/path`.

        Raises ValueError if neither the URL, the options nor the environment name the account.
        """
        names = ("account_name", "account_key", "sas_token", "client_id", "client_secret", "tenant_id")
        places = ("blob_storage_authority", "blob_storage_scheme", "dfs_storage_authority", "dfs_storage_scheme")
        known = known_options("abfs", options, names + places)
        for name in names:
            if (value := os.environ.get(f"AZURE_STORAGE_{name.upper()}")) is not None:
                known.setdefault(name, value)
        place, slash, rest = url.partition("://")[2].partition("/")
        host = place.partition("@")[2]
        if host:
            known.setdefault("account_name", host.partition(".")[0])
        if "account_name" not in known:
            fix = 'give storage_options={"account_name": …}, or set AZURE_STORAGE_ACCOUNT_NAME'
            raise ValueError(f'"{url}" names no storage account: {fix}')
        root = f"{url.partition('://')[0].lower()}://"
        return cls(root, HiddenOptions(known), f"@{host}" if host else ""), f"{root}{place}{slash}{rest}"

    def connect(self) -> Any:
        return pafs.AzureFileSystem(**self.options.values)

    def inner(self, path: str) -> str:
        return super().inner(path).replace(self.host, "", 1)

    def outer(self, path: str) -> str:
        container, slash, rest = path.partition("/")
        return f"{self.root}{container}{self.host}{slash}{rest}"


@dataclass(frozen=True)
class HdfsFiles(ArrowFiles):
    """Hadoop's file system, with the option names of fsspec's hdfs: `host`, `port`, `user`, `kerb_ticket`.

    pyarrow reaches it through Hadoop's own library libhdfs, which needs Java.
    """

    @classmethod
    def of(cls, url: str, options: Mapping[str, Any]) -> tuple[HdfsFiles, str]:
        """Return the file system of `hdfs://user@host:port/path`, and the path without the user."""
        known = known_options("hdfs", options, ("host", "port", "user", "kerb_ticket", "extra_conf", "replication"))
        scheme, _, rest = url.partition("://")
        place, _, path = rest.partition("/")
        where = urlsplit(f"//{place}")
        for name, value in (("host", where.hostname), ("port", where.port), ("user", where.username)):
            if value is not None:
                known.setdefault(name, value)
        own = f"{scheme}://{place.rpartition('@')[2]}"
        return cls(own, HiddenOptions({"host": "default", **known})), f"{own}/{path}"

    @property
    def renames(self) -> bool:
        return True

    def connect(self) -> Any:
        try:
            return pafs.HadoopFileSystem(**self.options.values)
        except OSError as error:
            missing = str(error).partition("\n")[0]
            if "libhdfs" not in missing and "libjvm" not in missing:
                raise
            need = "Hadoop's client with libhdfs.so, and Java: set HADOOP_HOME, CLASSPATH and JAVA_HOME"
            raise OSError(f"hdfs:// needs {need} ({missing})") from None

    def rename(self, old: str, new: str) -> None:
        with self.naming(old):
            connected(self).create_dir(self.inner(new).rpartition("/")[0])
            connected(self).move(self.inner(old), self.inner(new))
