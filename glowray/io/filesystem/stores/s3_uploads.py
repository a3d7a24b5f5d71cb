"""Multipart uploads of an S3 bucket that were begun and never completed. No library that is used here lists them.

Their parts are no objects, yet they cost as much. A process that is killed while it writes a large file leaves one.
"""

from __future__ import annotations

import hashlib
import hmac
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

_NO_BODY = hashlib.sha256(b"").hexdigest()
_TIMEOUT = 60


@dataclass(frozen=True)
class S3Uploads:
    """The open uploads of a bucket. Requests are signed by Amazon's Signature Version 4."""

    endpoint: str
    bucket: str
    region: str
    key: str
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)

    def below(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Yield the key and the id of each upload whose key begins with `prefix`."""
        query = {"uploads": "", "prefix": prefix}
        while True:
            tree = ElementTree.fromstring(self._ask("GET", "", query))
            for upload in tree.iterfind("{*}Upload"):
                yield upload.findtext("{*}Key", ""), upload.findtext("{*}UploadId", "")
            if tree.findtext("{*}IsTruncated", "false").lower() != "true":
                return
            query |= {
                "key-marker": tree.findtext("{*}NextKeyMarker", ""),
                "upload-id-marker": tree.findtext("{*}NextUploadIdMarker", ""),
            }

    def abort(self, key: str, upload: str) -> None:
        """Drop an upload and its parts."""
        self._ask("DELETE", key, {"uploadId": upload})

    def _ask(self, method: str, key: str, query: Mapping[str, str]) -> bytes:
        """Return the body of the answer. Raises OSError for any status but success."""
        path = quote(f"{urlsplit(self.endpoint).path.rstrip('/')}/{self.bucket}" + (f"/{key}" if key else ""))
        text = "&".join(f"{quote(name, safe='')}={quote(query[name], safe='')}" for name in sorted(query))
        place = urlsplit(self.endpoint)
        request = urllib.request.Request(
            f"{place.scheme}://{place.netloc}{path}?{text}",
            method=method,
            headers=self._signed(method, place.netloc, path, text),
        )
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
            body: bytes = answer.read()
        return body

    def _signed(self, method: str, host: str, path: str, query: str) -> dict[str, str]:
        """Return the headers of a request without a body."""
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        headers = {"host": host, "x-amz-content-sha256": _NO_BODY, "x-amz-date": moment}
        if self.token:
            headers["x-amz-security-token"] = self.token
        names = ";".join(sorted(headers))
        lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
        asked = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{_NO_BODY}"
        scope = f"{moment[:8]}/{self.region}/s3/aws4_request"
        to_sign = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(asked.encode()).hexdigest()}"
        key = f"AWS4{self.secret}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.new(key, to_sign.encode(), "sha256").hexdigest()
        login = f"AWS4-HMAC-SHA256 Credential={self.key}/{scope}, SignedHeaders={names}, Signature={signature}"
        return {**headers, "Authorization": login}
