"""Test that only their owner can make, keep and read tokens, and that places are searched in one order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glowray.cluster.security.token import checked, find_token, keep_token, own_token, read_token
from glowray.errors import ClusterError

ADDRESS = "192.0.2.1:6379"
WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)


@given(WORDS, st.sampled_from(["", " ", "\n", "\r\n", "\t"]))
def test_space_around_a_token_is_not_part_of_it(word: str, space: str) -> None:
    assert checked(space + word + space) == word


@given(WORDS, st.characters(max_codepoint=32) | st.characters(min_codepoint=127), WORDS)
def test_what_could_not_stand_in_a_header_is_no_token(before: str, bad: str, after: str) -> None:
    with pytest.raises(ClusterError, match="that is no token"):
        checked(before + bad + after)


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_nothing_is_no_token(text: str) -> None:
    with pytest.raises(ClusterError, match="that is no token"):
        checked(text)


def test_a_token_is_made_once_and_kept_for_its_owner(own_home: Path) -> None:
    path = own_token()
    assert path == own_home / "token" and path.stat().st_mode & 0o777 == 0o600
    assert own_home.stat().st_mode & 0o777 == 0o700
    token = read_token(path)
    assert len(token) == 64
    assert read_token(own_token()) == token


def test_a_given_token_is_taken_for_a_new_head(own_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", "given")
    assert read_token(own_token()) == "given"
    named = tmp_path / "named"
    named.write_text("named")
    named.chmod(0o600)
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(named))
    assert own_token() == named


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o644])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "token"
    path.write_text("secret")
    path.chmod(mode)
    with pytest.raises(ClusterError, match=f"can be read by other users; run: chmod 600 {path}") as failure:
        read_token(path)
    assert "secret" not in str(failure.value)


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "is empty"), (b" \n", "is empty"), (b"\xff\xfe", "something other than a token")]
)
def test_a_file_without_a_token_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ClusterError, match=message):
        read_token(path)


def test_a_missing_file_a_folder_and_a_pipe_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name, message in {"missing": "cannot be read", ".": "not a regular file", "pipe": "not a regular file"}.items():
        with pytest.raises(ClusterError, match=message):
            read_token(tmp_path / name)


def test_a_folder_that_others_can_write_is_refused(own_home: Path) -> None:
    own_home.mkdir()
    own_home.chmod(0o770)
    with pytest.raises(ClusterError, match="can be written by other users"):
        own_token()


def test_tokens_are_found_in_order(own_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def secret(name: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(path.name.replace(" ", "_"))
        path.chmod(0o600)
        return path

    with pytest.raises(ClusterError, match="no token"):
        find_token(ADDRESS)
    rays_own = secret(".ray/auth_token")
    assert find_token(ADDRESS) == rays_own
    kept = keep_token(ADDRESS, "kept")
    assert kept.stat().st_mode & 0o777 == 0o600
    assert find_token(ADDRESS) == kept
    assert find_token("192.0.2.2:6379") == rays_own
    running = secret("running")
    assert find_token(ADDRESS, None, running) == running
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(secret("by path")))
    assert find_token(ADDRESS, None, running) == tmp_path / "by path"
    monkeypatch.setenv("RAY_AUTH_TOKEN", "itself")
    assert find_token(ADDRESS, None, running) == "itself"
    assert find_token(ADDRESS, secret("explicit"), running) == tmp_path / "explicit"
