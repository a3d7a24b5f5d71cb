"""Files on web servers, read by Python's own HTTP client. A server without ranges is read from its first byte on."""

from __future__ import annotations

import base64
import email.utils
import hashlib
import http.client
import re
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, NoReturn
from urllib.parse import quote, unquote, urlsplit

from glowray.io.filesystem.file_info import FileInfo
from glowray.io.filesystem.interface import Input, Output
from glowray.io.filesystem.options import HiddenOptions, known_options
from glowray.io.filesystem.stores.ranged_input import RangedInput, attempted
from glowray.io.filesystem.stores.remote import RemoteFiles

TIMEOUT = 60.0
"""The seconds that a server may be silent."""

_COPY_BYTES = 1 << 20
_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")
_ENCODINGS = {"gzip": ".gz", "x-gzip": ".gz", "bzip2": ".bz2", "zstd": ".zst", "xz": ".xz"}


@dataclass(frozen=True)
class HttpFiles(RemoteFiles):
    """The files of a web server. `query` is the part of a URL after `?`, which may hold a signature.

    The options are `headers`, `auth` (a pair of user and password), and `client_kwargs` with these two names.
    """

    query: str = field(default="", repr=False)

    errors = (OSError, http.client.HTTPException)

    @classmethod
    def of(cls, url: str, options: Mapping[str, Any]) -> tuple[HttpFiles, str]:
        """Return the file system of a URL, and the path in it.

        In the path a number that follows from the query stands for it, so that two queries are two files.
        """
        names = ("headers", "auth")
        known = known_options("http", options, (*names, "client_kwargs"))
        known = {**known_options("http, in client_kwargs,", known.pop("client_kwargs", None) or {}, names), **known}
        scheme, _, rest = url.partition("#")[0].partition("://")
        place, slash, path = rest.partition("/")
        login, _, host = place.rpartition("@")
        if login:
            user, _, password = login.partition(":")
            known["auth"] = (unquote(user), unquote(password))
        path, mark, query = path.partition("?")
        number = f"?{hashlib.sha256(query.encode()).hexdigest()[:8]}" if mark else ""
        return cls(f"{scheme}://", HiddenOptions(known), query), f"{scheme}://{host}{slash}{path}{number}"

    @property
    def has_globs(self) -> bool:
        return False

    def describe(self, path: str) -> str:
        """Return a URL with "?…" in place of its query."""
        return path.partition("?")[0] + "?…" if self.query else path

    def info(self, path: str) -> FileInfo | None:
        try:
            with self._first(path) as answer:
                return answer.info(path)
        except FileNotFoundError:
            return None

    def open_input(self, path: str, seen: FileInfo | None = None) -> Input:
        with self._first(path) as answer:
            info = answer.info(path)
        self.check_same(path, seen, info)
        if info.size is None or not info.has_ranges:
            return _StreamedInput(self, path, info)

        def read_range(start: int, length: int) -> bytes:
            with self._asked(path, f"bytes={start}-{start + length - 1}") as found:
                if found.status != http.client.PARTIAL_CONTENT:
                    self.changed(path)
                self.check_same(path, info, found.info(path))
                if found.start != start:
                    raise OSError(f"the server sent the bytes from {found.start} on, not from {start}")
                data: bytes = found.body.read(length)
                return data

        return RangedInput(read_range, info.size, self.describe(path))

    def list(self, folder: str, *, recursive: bool = True, visible: bool = False) -> Iterator[FileInfo]:
        return iter(())

    def open_output(self, path: str) -> Output:
        self._refuse(path)

    def create(self, path: str, data: bytes) -> None:
        self._refuse(path)

    def delete(self, path: str) -> None:
        self._refuse(path)

    def delete_folder(self, path: str) -> None:
        self._refuse(path)

    def whole(self, path: str) -> _Answer:
        """Return the answer to a request for the whole file."""
        return self._ask(path, None)

    def _refuse(self, path: str) -> NoReturn:
        raise PermissionError(f'"{self.describe(path)}" cannot be written: files of web servers are only read')

    def _first(self, path: str) -> _Answer:
        """Return the answer to a request for the first byte. Its headers tell the size, and whether ranges work."""
        return attempted(lambda: self._ask(path, "bytes=0-0"), self.describe(path))

    @contextmanager
    def _asked(self, path: str, ranges: str) -> Iterator[_Answer]:
        """Give the answer to a request, whose reading may fail as well."""
        with self.naming(path), self._ask(path, ranges) as answer:
            yield answer

    def _ask(self, path: str, ranges: str | None) -> _Answer:
        url = path.partition("?")[0] + (f"?{self.query}" if self.query else "")
        request = urllib.request.Request(quote(url, safe="%/:=&?~#+!$,;'@()*[]"))
        for name, value in self._headers(ranges).items():
            request.add_header(name, value)
        with self.naming(path):
            try:
                return _Answer(_opener().open(request, timeout=TIMEOUT))
            except urllib.error.HTTPError as error:
                with error:
                    if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
                        return _Answer(error)
                    raise _of_status(error) from None

    def _headers(self, ranges: str | None) -> dict[str, str]:
        options = self.options.values
        headers = {"User-Agent": "glowray", **options.get("headers", {}), "Accept-Encoding": "identity"}
        if ranges is not None:
            headers["Range"] = ranges
        if options.get("auth"):
            user, password = options["auth"][:2]
            headers["Authorization"] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        return headers


class _Answer:
    """An answer of a server, whose body is not read yet."""

    def __init__(self, body: Any) -> None:
        self.body = body
        self.status: int = body.status
        self._headers = body.headers

    def __enter__(self) -> _Answer:
        return self

    def __exit__(self, *_: object) -> None:
        self.body.close()

    def info(self, path: str) -> FileInfo:
        """Return the file's size and time from the headers of a response to a request for the first byte."""
        self._check_encoding(path)
        changed = email.utils.parsedate_to_datetime(text) if (text := self._headers.get("Last-Modified")) else None
        mtime_ns = int(changed.timestamp()) * 10**9 if changed else None
        found, tag = self._range, self._headers.get("ETag")
        if self.status != http.client.OK and found is not None and found[2] != "*":
            return FileInfo(path, int(found[2]), mtime_ns=mtime_ns, tag=tag)
        size = self.length if self.status == http.client.OK else None
        return FileInfo(path, size, mtime_ns=mtime_ns, has_ranges=False, tag=tag)

    @property
    def start(self) -> int:
        """The first byte that the server says it sends."""
        found = self._range
        return int(found[1] or 0) if found is not None else 0

    @property
    def _range(self) -> re.Match[str] | None:
        return _RANGE.fullmatch(self._headers.get("Content-Range", ""))

    @property
    def length(self) -> int | None:
        """The bytes of the body, None if the server does not tell."""
        text = self._headers.get("Content-Length")
        return None if text is None else int(text)

    def _check_encoding(self, path: str) -> None:
        """Raise OSError if the server compresses the body. A file that is named .gz may be called gzip."""
        encoding = self._headers.get("Content-Encoding", "identity").lower()
        suffix = _ENCODINGS.get(encoding)
        if encoding != "identity" and (suffix is None or not path.partition("?")[0].lower().endswith(suffix)):
            raise PermissionError(
                f'the server sends "{path}" with Content-Encoding {encoding}, which was not asked for'
            )


class _StreamedInput(Input):
    """A file of a server without ranges. A temporary file keeps the bytes that were read, to read them again."""

    def __init__(self, files: HttpFiles, path: str, seen: FileInfo) -> None:
        self._files, self._path, self._seen, self._size = files, path, seen, seen.size
        self._answer: _Answer | None = None
        self._copy: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (open until close())
        self._copied, self._position = 0, 0

    def size(self) -> int:
        if self._size is None:
            self._copy_to(None)
        return self._copied if self._size is None else self._size

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        start = {0: lambda: 0, 1: self.tell, 2: self.size}[whence]()
        self._position = max(0, start + offset)
        return self._position

    def read(self, size: int | None = -1, /) -> bytes:
        stop = None if size is None or size < 0 else self._position + size
        self._copy_to(stop)
        self._copy.seek(self._position)
        data = self._copy.read(-1 if stop is None else stop - self._position)
        self._position += len(data)
        return data

    def close(self) -> None:
        if not self.closed:
            self._copy.close()
            if self._answer is not None:
                self._answer.body.close()
        super().close()

    def _copy_to(self, stop: int | None) -> None:
        """Read on until the copy has `stop` bytes, or the whole file."""
        while (stop is None or self._copied < stop) and (self._size is None or self._copied < self._size):
            data = attempted(self._next, self._files.describe(self._path))
            if not data:
                self._size = self._copied
            self._copy.seek(self._copied)
            self._copy.write(data)
            self._copied += len(data)

    def _next(self) -> bytes:
        """Return the next bytes of the file, b"" at its end. After a failure the next call asks for the file again."""
        try:
            with self._files.naming(self._path):
                answer = self._opened()
                data: bytes = answer.body.read(_COPY_BYTES)
                if not data and self._size is not None:
                    raise OSError(f"the server sent {self._copied} of {self._size} bytes")
                return data
        except OSError:
            if self._answer is not None:
                self._answer.body.close()
            self._answer = None
            raise

    def _opened(self) -> _Answer:
        """Return the answer whose body stands at the end of the copy."""
        if self._answer is None:
            answer = self._answer = self._files.whole(self._path)
            self._files.check_same(self._path, self._seen, answer.info(self._path))
            self._size = answer.length
            left = self._copied
            while left:
                data = answer.body.read(min(left, _COPY_BYTES))
                if not data:
                    raise OSError("the server ended the file early")
                left -= len(data)
        return self._answer


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows redirections. Login data and the user's headers go to the host that the user named, and no other."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        request = super().redirect_request(req, fp, code, msg, headers, newurl)
        if request is not None and urlsplit(newurl)[:2] != urlsplit(req.full_url)[:2]:
            kept = {"range", "accept-encoding", "user-agent"}
            request.headers = {name: value for name, value in request.headers.items() if name.lower() in kept}
        return request


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_SameHost)


def _of_status(error: urllib.error.HTTPError) -> OSError:
    if error.code in (http.client.NOT_FOUND, http.client.GONE):
        return FileNotFoundError()
    text = f"the server answered {error.code} {error.reason}"
    is_final = 400 <= error.code < 500 and error.code not in (http.client.REQUEST_TIMEOUT, 425, 429)
    return PermissionError(text) if is_final else OSError(text)
