"""Amazon S3 and the stores that speak its protocol: pyarrow reads and writes, obstore creates a file only once."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.util import find_spec
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow.fs as pafs

from glowray.io.filesystem.options import HiddenOptions, check_bucket, known_options
from glowray.io.filesystem.stores.arrow import ArrowFiles, connected
from glowray.io.filesystem.stores.ranged_input import attempted
from glowray.io.filesystem.stores.remote import is_refusal
from glowray.io.filesystem.stores.s3_uploads import S3Uploads

_NAMES = ("key", "secret", "token", "anon", "endpoint_url", "region", "client_kwargs")
_CLIENT_NAMES = {
    "endpoint_url": "endpoint_url",
    "region_name": "region",
    "aws_access_key_id": "key",
    "aws_secret_access_key": "secret",
    "aws_session_token": "token",
}
_ENVIRONMENT = {
    "endpoint_url": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
    "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
}
_KEYS = {"key": "AWS_ACCESS_KEY_ID", "secret": "AWS_SECRET_ACCESS_KEY", "token": "AWS_SESSION_TOKEN"}


_AWS_ERROR = re.compile(r"AWS Error (\w+) during (\w+) operation")

_UNKNOWN = re.compile(r"\b501\b|NotImplemented")
"""The answer of a store to a condition that it does not know."""

_REFUSES_SECOND: dict[S3Files, bool] = {}
"""Whether a store keeps the condition of `create`, as it was seen in this process."""


@dataclass(frozen=True)
class S3Files(ArrowFiles):
    """The buckets of an S3 store. One value serves one bucket, because buckets may be in different regions."""

    bucket: str = ""

    @classmethod
    def of(cls, url: str, options: Mapping[str, Any]) -> tuple[S3Files, str]:
        """Return the file system and the path of `s3://bucket/key`.

        The options have the names of s3fs. Options that are missing come from this process's environment, so that
        workers read with the same credentials. Without keys, each machine looks for them as Amazon's tools do.
        """
        known = known_options("s3", options, _NAMES)
        client = known_options("s3, in client_kwargs,", known.pop("client_kwargs", None) or {}, tuple(_CLIENT_NAMES))
        for name, value in client.items():
            known.setdefault(_CLIENT_NAMES[name], value)
        place, slash, rest = url.partition("://")[2].partition("/")
        login, _, bucket = place.rpartition("@")
        if login:
            key, _, secret = login.partition(":")
            known |= {"key": unquote(key), "secret": unquote(secret)}
        if not bucket:
            raise ValueError(f'"s3://{slash}{rest}" names no bucket: write s3://bucket/key')
        check_bucket(bucket)
        found = {name: value for name, value in known.items() if value is not None}
        root = f"{url.partition('://')[0].lower()}://"
        return cls(root, HiddenOptions(_completed(found)), bucket), f"{root}{bucket}{slash}{rest}"

    @property
    def creates_once(self) -> bool:
        return find_spec("obstore") is not None

    def connect(self) -> Any:
        options = self.options.values
        endpoint = urlsplit(options["endpoint_url"]) if "endpoint_url" in options else None
        arguments: dict[str, Any] = {"anonymous": bool(options.get("anon", False))}
        if "key" in options:
            names = {"key": "access_key", "secret": "secret_key", "token": "session_token"}
            arguments |= {names[name]: options[name] for name in names if name in options}
        if endpoint is not None:
            arguments |= {"scheme": endpoint.scheme, "endpoint_override": endpoint.netloc + endpoint.path.rstrip("/")}
        # A small file is then one request, and no multipart upload that could be left open.
        return pafs.S3FileSystem(region=self._region, allow_delayed_open=True, **arguments)

    @property
    def _region(self) -> str | None:
        """The region to sign requests for. Amazon refuses another than the bucket's."""
        options = self.options.values
        if "region" in options:
            return str(options["region"])
        if "endpoint_url" in options:
            return "us-east-1"
        return str(pafs.resolve_s3_region(self.bucket))

    def why_missing(self, path: str) -> str:
        try:
            found = connected(self).get_file_info(self.bucket)
        except OSError:  # The keys may read objects, and not look at the bucket.
            return ""
        return f': there is no bucket "{self.bucket}"' if found.type == pafs.FileType.NotFound else ""

    def _error(self, path: str, error: Exception) -> OSError:
        if "NO_SUCH_BUCKET" in str(error):
            place = self.describe(path)
            return FileNotFoundError(f'"{place}": there is no bucket "{self.bucket}": create it, or check its name')
        return super()._error(path, error)

    def _explained(self, text: str, kind: type[OSError]) -> str:
        if "Empty path component" in text:
            return 'keys with an empty part ("//") can be neither read nor written: rename it'
        found = _AWS_ERROR.search(text)
        said = text if found is None else f"the store answers {found[1]} to {found[2]}"
        if kind is PermissionError:
            return f"{said}: check the keys in storage_options= or the environment, and what they may do"
        if "NETWORK_CONNECTION" in text:
            return f"the store does not answer ({text.rpartition(': ')[2]}): check endpoint_url and the network"
        return text

    def refuses_second(self, path: str) -> bool:
        if not self._is_for_obstore(path):
            return False
        if self not in _REFUSES_SECOND:
            data = self._content(path)
            if data is None:
                return False
            again = partial(self._put_new, path, data)
            _REFUSES_SECOND[self] = attempted(again, self.describe(path), "written") is False
        return _REFUSES_SECOND[self]

    def create(self, path: str, data: bytes) -> None:
        if not self._is_for_obstore(path):
            super().create(path, data)
            return
        is_new = attempted(partial(self._put_new, path, data), self.describe(path), "written")
        if is_new is None:
            super().create(path, data)
        elif not is_new and self._content(path) != data:  # A request whose answer was lost finds its own file.
            raise FileExistsError(f'"{path}" is there already')

    def _is_for_obstore(self, path: str) -> bool:
        """Return whether obstore is there and takes the path. It refuses control characters."""
        return self.creates_once and path.isprintable()

    def _put_new(self, path: str, data: bytes) -> bool | None:
        """Write a file unless the path exists. Return whether it is new; None if the store knows no such request."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        try:
            with self._short_errors(path):
                obstore.put(_object_store(self), self._key(path), data, mode="create", use_multipart=False)
        except AlreadyExistsError:
            return False
        except OSError as error:
            if _UNKNOWN.search(str(error)):
                return None
            raise
        return True

    def _content(self, path: str) -> bytes | None:
        """Return the content of a file, None if it is gone or another process is still writing it."""
        try:
            return self._read(path)
        except FileNotFoundError:
            return None

    def delete(self, path: str) -> None:
        """Delete a file. pyarrow would put an empty object in its place if it was the last in its folder."""
        if not self._is_for_obstore(path):
            super().delete(path)
            return
        attempted(partial(self._delete, path), self.describe(path), "deleted")

    def _delete(self, path: str) -> None:
        import obstore

        with suppress(FileNotFoundError), self._short_errors(path):
            obstore.delete(_object_store(self), self._key(path))

    @contextmanager
    def _short_errors(self, path: str) -> Iterator[None]:
        """Raise obstore's errors as OSErrors of one line. obstore tries no request again whose answer was lost."""
        from obstore.exceptions import AlreadyExistsError, BaseError

        try:
            yield
        except (AlreadyExistsError, FileNotFoundError):
            raise
        except BaseError as error:
            text = self.options.without_secrets(str(error).partition("\n")[0])
            found = self._error(path, PermissionError(text)) if is_refusal(str(error)) else OSError(text)
        else:
            return
        raise found

    def abort_uploads(self, folder: str, is_wanted: Callable[[str], bool]) -> None:
        """Drop uploads that were never completed, if the options have the keys. Others are known to pyarrow alone."""
        options = self.options.values
        if not {"key", "secret"} <= options.keys():
            return
        with self.naming(folder):
            region = self._region or "us-east-1"
            endpoint = str(options.get("endpoint_url", f"https://s3.{region}.amazonaws.com"))
            login = (options["key"], options["secret"], options.get("token"))
            uploads = S3Uploads(endpoint, self.bucket, region, *login)
            root = f"{self.root}{self.bucket}/"
            for key, upload in list(uploads.below(f"{folder.rstrip('/')}/".removeprefix(root))):
                if is_wanted(root + key):
                    uploads.abort(key, upload)

    def _read(self, path: str) -> bytes:
        with self.open_input(path) as file:
            return file.read() or b""

    def _key(self, path: str) -> str:
        return self.inner(path).partition("/")[2]

    def object_store(self) -> Any:
        """Return obstore's store of the bucket."""
        from obstore.store import S3Store

        options = self.options.values
        names = {
            "key": "access_key_id",
            "secret": "secret_access_key",
            "token": "session_token",
            "endpoint_url": "endpoint",
        }
        config: dict[str, Any] = {names[name]: options[name] for name in names if name in options}
        config |= {"region": self._region or "us-east-1", "skip_signature": bool(options.get("anon", False))}
        is_plain = str(options.get("endpoint_url", "")).startswith("http://")
        return S3Store(self.bucket, **config, client_options={"allow_http": is_plain})


def _completed(options: dict[str, Any]) -> dict[str, Any]:
    """Return options, completed from environment variables. Access keys come all from one of the two."""
    if "key" not in options and not options.get("anon"):
        options |= {name: os.environ[variable] for name, variable in _KEYS.items() if os.environ.get(variable)}
    for name, variables in _ENVIRONMENT.items():
        value = next(filter(None, map(os.environ.get, variables)), None)
        if value is not None:
            options.setdefault(name, value)
    return options


@lru_cache(maxsize=64)
def _object_store(files: S3Files) -> Any:
    return files.object_store()
