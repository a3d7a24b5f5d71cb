"""S3 as it is: keys with any characters, markers of folders, and errors that name the path and say what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import glowray as gr
from glowray.io.filesystem.stores import ranged_input
from tests.faulty_s3 import FaultyS3, switch
from tests.stores import S3Bucket, new_bucket, s3, s3_endpoint

__all__ = ["s3", "s3_endpoint", "switch"]

NAMES = [
    "a b", "p%20q", "x+y", "h#h", "q?q", "é ü", "日本", "am&p=1", "br[1]", "st*r", "semi;colon", "quote'\"", "tab\tx",
    "back\\slash", "dots..", "~t", "%", "a%2Fb", "deep er/z",
]  # fmt: skip


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranged_input, "WAITS", (0.0,))


def read(bucket: S3Bucket, path: str) -> list[str]:
    flow = gr.Flow(engine="inline")
    return flow.read_text(f"{bucket.url}/{path}", storage_options=bucket.options).collect()


def test_keys_of_any_characters_are_read(s3: S3Bucket) -> None:
    s3.fill((f"odd/{name}", b"%d\n" % n) for n, name in enumerate(NAMES))
    assert sorted(map(int, read(s3, "odd"))) == list(range(len(NAMES)))
    assert [read(s3, f"odd/{name}") for name in NAMES] == [[str(n)] for n in range(len(NAMES))]
    assert sorted(map(int, read(s3, "odd/*%*"))) == [n for n, name in enumerate(NAMES) if "%" in name]


@pytest.mark.parametrize("name", [name for name in NAMES if "*" not in name and "[" not in name])
@pytest.mark.parametrize("single_file", [False, True])
def test_outputs_of_any_name(s3: S3Bucket, name: str, single_file: bool) -> None:
    rows = gr.Flow(engine="inline").from_items(["1", "2"], partitions=2)
    rows.write_text(f"{s3.url}/{name}", single_file=single_file, storage_options=s3.options)
    assert read(s3, name) == ["1", "2"]
    found = s3.keys()
    assert all(key.startswith(name) for key in found)


def test_markers_of_folders_and_empty_objects_have_no_rows(s3: S3Bucket) -> None:
    s3.fill([("m/", b""), ("m/a", b"1\n"), ("m/sub/", b""), ("m/sub/b", b"2\n"), ("m/none", b""), ("only/", b"")])
    assert [read(s3, path) for path in ("m", "m/", "m/*", "m/**")] == [["1", "2"]] * 4
    assert read(s3, "m/none") == []
    with pytest.raises(FileNotFoundError, match=r"only.* holds no files"):
        read(s3, "only")


def write(bucket: S3Bucket) -> None:
    gr.Flow(engine="inline").from_items(["x"]).write_text(f"{bucket.url}/out", storage_options=bucket.options)


MISSING = [
    (lambda bucket: read(bucket, "a.txt"), 'a.txt" does not exist: there is no bucket "no-such-bucket"'),
    (lambda bucket: read(bucket, "*.txt"), '.txt" matches no file: there is no bucket "no-such-bucket"'),
    (write, 'there is no bucket "no-such-bucket": create it, or check its name'),
]


@pytest.mark.parametrize(("act", "text"), MISSING)
def test_a_bucket_that_does_not_exist(s3: S3Bucket, act: Callable[[S3Bucket], object], text: str) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        act(S3Bucket("no-such-bucket", s3.endpoint))
    assert text in str(caught.value) and "s3://no-such-bucket/" in str(caught.value)


def test_a_key_with_an_empty_part(s3: S3Bucket) -> None:
    s3.fill([("a//b.txt", b"1\n")])
    with pytest.raises(OSError, match=r'a//b.txt": keys with an empty part .* rename it'):
        read(s3, "a")


@pytest.mark.parametrize("act", [lambda bucket: read(bucket, "a.txt"), lambda bucket: read(bucket, "*.txt"), write])
def test_wrong_credentials(switch: FaultyS3, act: Callable[[S3Bucket], object]) -> None:
    bucket = new_bucket(switch.url)
    switch.fail("403", 0, times=10**6)
    try:
        with pytest.raises(
            PermissionError, match=f'^"{bucket.url}/.*": the store answers ACCESS_DENIED .*: check the keys'
        ):
            act(bucket)
    finally:
        switch.heal()


def test_keys_that_may_not_look_at_the_bucket(switch: FaultyS3) -> None:
    bucket = new_bucket(switch.url)
    switch.fail("403", 2, times=10**6)  # after the two questions for the object
    try:
        with pytest.raises(FileNotFoundError, match=r'a.txt" does not exist$'):
            read(bucket, "a.txt")
    finally:
        switch.heal()


@pytest.mark.slow
def test_a_server_that_does_not_answer() -> None:
    with pytest.raises(OSError, match=r'^"s3://b/a.txt": the store does not answer .*: check endpoint_url') as caught:
        read(S3Bucket("b", "http://127.0.0.1:1"), "a.txt")
    assert "curl" not in str(caught.value)
