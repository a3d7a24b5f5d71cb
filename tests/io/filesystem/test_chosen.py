"""Test which file system serves a URL, and that its credentials are never shown."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest

import glowray as gr
from glowray.engine.inline import InlineEngine
from glowray.engine.task.protocol import Done, Task
from glowray.io.filesystem.chosen import chosen
from glowray.io.filesystem.location import Location
from glowray.io.filesystem.stores import clouds
from tests.engine.doubles import Lab
from tests.stores import S3Bucket, WebServer, s3, s3_endpoint, web

__all__ = ["s3", "s3_endpoint", "web"]

SECRET, KEY = "s3cr3t/With+Signs", "AKIAKEYOFTESTS"

SHOWN: list[tuple[str, str]] = [
    ("s3://bucket/a b.csv", "s3://bucket/a b.csv"),
    (f"s3://{KEY}:s3cr3t%2FWith%2BSigns@bucket/a.csv", "s3://bucket/a.csv"),
    ("gs://bucket/a.csv", "gs://bucket/a.csv"),
    ("abfs://box@account.dfs.core.windows.net/a.csv", "abfs://box@account.dfs.core.windows.net/a.csv"),
    ("hdfs://me@name:8020/a.csv", "hdfs://name:8020/a.csv"),
    (f"https://me:{SECRET.replace('/', '%2F')}@host/a.csv", "https://host/a.csv"),
    (f"https://host/a.csv?X-Amz-Signature={SECRET}", "https://host/a.csv?…"),
    ("memory://a/b.csv", "memory://a/b.csv"),
    ("ftp://me:s3cr3t@host/a.csv", "ftp://host/a.csv"),
    ("file:///tmp/a.csv", "/tmp/a.csv"),
]


@pytest.mark.parametrize(("url", "shown"), SHOWN)
def test_a_url_is_shown_without_credentials(url: str, shown: str) -> None:
    place = chosen(url)
    assert str(place) == shown
    for text in (repr(place), repr(place.files), str(place.files), repr([place])):
        assert "s3cr3t" not in text and KEY not in text
    copy: Location = pickle.loads(pickle.dumps(place))
    assert copy == place and hash(copy) == hash(place)


def test_two_queries_are_two_files() -> None:
    one, other = chosen("https://host/a.csv?id=1"), chosen("https://host/a.csv?id=2")
    assert one != other and one.path != other.path and one.plain_path == "https://host/a.csv"


WRONG: list[tuple[str, Any, type[Exception], str]] = [
    ("nowhere://a", None, ValueError, "no file system is known for nowhere://"),
    ("s3://bucket/a", {"password": SECRET}, ValueError, "s3:// has no option 'password', only key, secret"),
    ("s3://bucket/a", {"client_kwargs": {"verify": SECRET}}, ValueError, "in client_kwargs.* no option 'verify'"),
    ("gs://bucket/a", {"secret": SECRET}, ValueError, "gs:// has no option 'secret'"),
    ("https://host/a", {"token": SECRET}, ValueError, "http:// has no option 'token'"),
    ("abfs://box/a", {"account_key": SECRET}, ValueError, "names no storage account: give storage_options"),
    ("s3:///a", {"key": SECRET}, ValueError, "names no bucket"),
    ("s3://b*/a", None, ValueError, "a bucket's name cannot be a pattern"),
    ("/tmp/a", {"key": SECRET}, ValueError, "storage_options are for URLs"),
    ("s3://bucket/a", {"key": lambda: SECRET}, TypeError, "'key' cannot be sent to workers"),
    ("s3://bucket/a", {1: SECRET}, TypeError, "storage_options"),
    ("s3://bucket/a", SECRET, TypeError, "storage_options must be a dict"),
    ("sftp://host/a", {"password": SECRET}, ImportError, "needs a package that is not installed: .*paramiko"),
]


@pytest.mark.parametrize(("url", "options", "kind", "text"), WRONG)
def test_wrong_options_are_refused_at_the_call(url: str, options: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text) as caught:
        gr.read_text(url, storage_options=options)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_hdfs_names_what_is_missing() -> None:
    with pytest.raises(OSError, match=r"hdfs:// needs Hadoop's client with libhdfs\.so, and Java"):
        gr.read_text("hdfs://name:8020/a.csv")


STORES_AWAY: list[tuple[str, dict[str, Any]]] = [
    ("gs://box/a.csv", {"endpoint_url": "http://127.0.0.1:9"}),
    (
        "abfs://box/a.csv",
        {
            "account_name": "me",
            "account_key": "c2VjcmV0",
            **dict.fromkeys(["blob_storage_authority", "dfs_storage_authority"], "127.0.0.1:9"),
            **dict.fromkeys(["blob_storage_scheme", "dfs_storage_scheme"], "http"),
        },
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("url", "options"), STORES_AWAY, ids=lambda value: str(value)[:4])
def test_a_store_that_does_not_answer_is_an_error(
    url: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clouds, "RETRY_TIME", timedelta(seconds=1))
    with pytest.raises(OSError, match=url) as caught:
        gr.read_text(url, storage_options=options)
    assert "c2VjcmV0" not in str(caught.value)


def test_the_environment_gives_what_options_leave_out(s3: S3Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    s3.put("a.txt", b"x\n")
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    place = chosen(f"{s3.url}/a.txt")
    data = gr.Flow(engine="inline").read_text(f"{s3.url}/a.txt")
    for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    copy: Location = pickle.loads(pickle.dumps(place))  # as on a worker, whose environment has nothing
    assert copy.read() == b"x\n" and data.collect() == ["x"]


class NamingEngine(InlineEngine):
    """An engine that keeps the names of its tasks, which are those of Ray's."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def run(self, tasks: Iterable[Task]) -> Iterator[Done]:
        for task in tasks:
            self.names.append(task.name)
            yield from super().run([task])


def seen_texts(flow: gr.Flow, data: Any) -> list[str]:
    """Return every text that glowray shows of a dataset and its last action."""
    return [
        repr(data), str(data), data.explain(), data.plot(), repr(flow), str(flow.stats), repr(flow.stats),
        *map(repr, data._node.children), repr(data._node),
    ]  # fmt: skip


@pytest.mark.parametrize("read", ["read_text", "read_csv", "read_json", "read_parquet", "read_binary"])
def test_no_text_of_a_job_shows_credentials(
    s3: S3Bucket, read: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    url = s3.put("a.txt", b'{"a": 1}\n')
    engine = NamingEngine()
    flow = gr.Flow("job", engine=engine, progress=True)
    options = {**s3.options, "secret": SECRET, "key": KEY}
    texts = engine.names
    try:
        data = getattr(flow, read)(url, storage_options=options).map(lambda row: row)
        data.collect()
        texts += seen_texts(flow, data)
        s3.files.delete(url)
        data.collect()
    except Exception as error:
        texts += ["".join(traceback.format_exception(error)), repr(error), repr(error.__cause__)]
    texts += [*capfd.readouterr(), caplog.text]
    assert texts and all(SECRET not in text and KEY not in text for text in texts)


def test_errors_of_a_store_hide_credentials(web: WebServer) -> None:
    options = {"auth": ("me", SECRET), "headers": {"X-Token": KEY}}
    url = web.put("/a.txt", b"x\n") + f"?signature={SECRET}"
    data = gr.Flow(engine="inline").read_text(url, storage_options=options)
    assert data.collect() == ["x"]
    assert web.headers[-1]["X-Token"] == KEY and web.headers[-1]["Authorization"].startswith("Basic ")
    web.faults = [lambda handler: handler.answer(403, SECRET.encode()) or True]
    with pytest.raises(PermissionError, match="403") as caught:
        data.collect()
    text = "".join(traceback.format_exception(caught.value))
    assert SECRET not in text and KEY not in text and f"{web.url}/a.txt?…" in text


def test_a_redirection_to_another_host_gets_no_credentials(web: WebServer) -> None:
    other = web.url.replace("127.0.0.1", "localhost")
    web.put("/b.txt", b"x\n")

    def redirected(handler: Any) -> bool:
        handler.answer(302, b"", {"Location": f"{other}/b.txt"})
        return True

    web.faults = [redirected]
    place = chosen(f"{web.url}/a.txt", {"auth": ("me", SECRET), "headers": {"X-Token": KEY}})
    assert place.info() is not None
    assert "Authorization" in web.headers[0]
    assert "Authorization" not in web.headers[1] and "X-Token" not in web.headers[1]
    assert web.requests[1][2] == "bytes=0-0"


@pytest.mark.ray
def test_credentials_travel_with_the_job(ray_lab: Lab, s3: S3Bucket) -> None:
    s3.put("a.txt", b"x\ny\n")
    flow = ray_lab.flow()
    options = {**s3.options, "secret": SECRET, "key": KEY}
    data = flow.read_text(f"{s3.url}/a.txt", 2, storage_options=options)
    assert data.collect() == ["x", "y"]
    assert all(SECRET not in text and KEY not in text for text in seen_texts(flow, data))
