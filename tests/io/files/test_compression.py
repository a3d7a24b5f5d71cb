"""Test that codecs are chosen by the user's name for them, or by the suffix of a single file."""

from __future__ import annotations

from pathlib import Path

import pytest

from glowray.io.files.compression import codec_for


@pytest.mark.parametrize(
    ("name", "codec"),
    [("gz", "gz"), ("gzip", "gz"), ("bz2", "bz2"), ("zst", "zst"), ("zstd", "zst"), ("xz", "xz"), (None, None)],
)
def test_names(name: str | None, codec: str | None) -> None:
    assert codec_for(name, "out", False) == codec_for(name, Path("out.csv"), True) == codec


@pytest.mark.parametrize("suffix", ["gz", "bz2", "zst", "xz"])
def test_the_suffix_of_a_single_file(suffix: str) -> None:
    assert codec_for(None, f"out.csv.{suffix}", True) == codec_for(None, Path(f"OUT.{suffix.upper()}"), True) == suffix
    assert codec_for(None, f"out.csv.{suffix}", False) is None
    assert codec_for("gzip", f"out.csv.{suffix}", True) == "gz", "a name that is given counts"


@pytest.mark.parametrize("name", ["rar", "", "snappy", "GZIP", "zip"])
def test_an_unknown_name_names_those_known(name: str) -> None:
    with pytest.raises(ValueError, match='one of "gzip", "bz2", "zstd", "xz", "gz", "zst", not ') as caught:
        codec_for(name, "out", False)
    assert repr(name) in str(caught.value)
