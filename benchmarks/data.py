"""Generated inputs. A size gives the same bytes on every machine with the same NumPy."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEED = 2015
BLOCK = 500_000  # tokens or rows that are made at once, in about 50 MB of memory
VOCABULARY = 200_000

SYLLABLES = (
    "a e i o u ba be ca ce co da de di do en er es fa fi ga ge ha he ho in is ka ke la le li lo ma me mi mo na ne "
    "ni no on or pa pe po ra re ri ro sa se si so ta te ti to un va ve vi wa we wi wo ya za st tr ch sh th ing ion "
    "ment ness er ly al ous"
).split()
ACCENTED = ("é", "ü", "ß", "ñ", "å", "ł", "ö", "ç")
COUNTRIES = (
    "AR AT AU BE BR CA CH CL CN CO CZ DE DK EG ES FI FR GB GR HU ID IE IL IN IT JP KE KR MA MX NG NL NO NZ PE PH PL PT "
    "RO SE SG TH TR UA US VN ZA"
).split()
ALPHABET = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", dtype=np.uint8)


def text(folder: Path, size: int) -> Path:
    """Make about `size` bytes of prose in sentences, lines of about 70 characters and paragraphs; words follow Zipf."""
    return once(folder / f"text-{size}.txt", lambda: _until(_prose(), size))


def events(folder: Path, rows: int, users: int) -> Path:
    """Make lines `event,user,amount,action`. Few users have most events; one event in twenty has an unknown user."""
    return once(folder / f"events-{rows}-{users}.csv", lambda: _events(rows, users))


def users(folder: Path, rows: int) -> Path:
    """Make lines `user,name,country`, one for each user, in random order."""
    return once(folder / f"users-{rows}.csv", lambda: _users(rows))


def records(folder: Path, rows: int) -> Path:
    """Make lines of 100 bytes with the newline, which begin with a random key of 10 characters."""
    return once(folder / f"records-{rows}.txt", lambda: _records(rows))


def once(path: Path, make: Callable[[], Iterator[bytes]]) -> Path:
    """Make the file at `path` unless it exists, and return its path. An interrupted run leaves no partial file."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    begun = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with begun.open("wb") as file:
            file.writelines(make())
        begun.rename(path)
    finally:
        begun.unlink(missing_ok=True)
    return path


def _until(blocks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Yield whole lines of `blocks` until they have at least `size` bytes."""
    left = size
    for block in blocks:
        if len(block) >= left:
            yield block[: block.find(b"\n", left - 1) + 1] or block
            return
        yield block
        left -= len(block)


def _prose() -> Iterator[bytes]:
    random = np.random.default_rng(SEED)
    words = _vocabulary(random)
    plain, capital = pa.array(words), pa.array([word.capitalize() for word in words])
    chances = zipf(len(words))
    while True:
        drawn = np.searchsorted(chances, random.random(BLOCK))
        stops = random.random(BLOCK) < 1 / 16
        starts = np.roll(stops, 1)
        starts[0] = True
        tokens = pc.if_else(pa.array(starts), capital.take(pa.array(drawn)), plain.take(pa.array(drawn)))
        commas = random.random(BLOCK) < 1 / 12
        marks = np.where(stops, ".", np.where(commas, ",", ""))
        yield joined([tokens, pa.array(marks), _line_ends(random, BLOCK)])


def _vocabulary(random: np.random.Generator) -> list[str]:
    """Return words by falling frequency. As in real language, frequent words are short; one in fifty has an accent."""
    words: dict[str, None] = {}
    while len(words) < VOCABULARY:
        syllables = 1 + min(int(random.poisson(np.log10(len(words) + 1) / 2)), 6)
        word = "".join(SYLLABLES[i] for i in random.integers(len(SYLLABLES), size=syllables))
        if random.random() < 1 / 50:
            word += ACCENTED[random.integers(len(ACCENTED))]
        words.setdefault(word)
    return list(words)


def zipf(count: int) -> NDArray[np.float64]:
    """Return the cumulative probabilities of ranks by the law of Zipf and Mandelbrot, with parameters for English."""
    weights = 1.0 / (np.arange(1, count + 1) + 2.7) ** 1.07
    chances: NDArray[np.float64] = np.cumsum(weights / weights.sum())
    chances[-1] = 1.0
    return chances


def _line_ends(random: np.random.Generator, tokens: int) -> pa.Array:
    """Return the text after each token: a space, the end of a line or of a paragraph. The last ends a paragraph."""
    ends = np.cumsum(np.clip(random.normal(12, 2.5, tokens // 4).astype(int), 1, None))
    ends = ends[ends < tokens]
    after = np.full(tokens, " ", dtype="<U2")
    after[ends] = np.where(random.random(len(ends)) < 1 / 7, "\n\n", "\n")
    after[-1] = "\n\n"
    return pa.array(after)


def joined(columns: Sequence[Any]) -> bytes:
    """Return the bytes of all rows. A row is its columns concatenated; a column that is a str is the same in each."""
    large = pa.large_string()
    sides = [pa.scalar(side, large) if isinstance(side, str) else pa.array(side).cast(large) for side in columns]
    data: bytes = pc.binary_join_element_wise(*sides, pa.scalar("", large)).buffers()[2].to_pybytes()
    return data


def _events(rows: int, users: int) -> Iterator[bytes]:
    random = np.random.default_rng(SEED + 1)
    actions = pa.array(["view", "click", "cart", "buy"])
    for first in range(0, rows, BLOCK):
        count = min(BLOCK, rows - first)
        user = (random.random(count) ** 2 * users * 1.108).astype(np.int64)  # 1 in 20 is over the last user
        fields = [np.arange(first, first + count), user, random.integers(1, 10_000, count)]
        action = actions.take(pa.array(random.integers(0, 4, count)))
        columns = [part for field in fields for part in (pa.array(field), ",")]
        yield joined([*columns, action, "\n"])


def _users(rows: int) -> Iterator[bytes]:
    random = np.random.default_rng(SEED + 2)
    ids = random.permutation(rows)
    countries, chances = pa.array(COUNTRIES), zipf(len(COUNTRIES))
    for first in range(0, rows, BLOCK):
        some = pa.array(ids[first : first + BLOCK])
        country = countries.take(pa.array(np.searchsorted(chances, random.random(len(some)))))
        yield joined([some, ",user-", some, ",", country, "\n"])


def _records(rows: int) -> Iterator[bytes]:
    random = np.random.default_rng(SEED + 3)
    for first in range(0, rows, BLOCK):
        count = min(BLOCK, rows - first)
        block = np.empty((count, 100), dtype=np.uint8)
        block[:, :10] = ALPHABET[random.integers(0, len(ALPHABET), (count, 10))]
        block[:, 10] = ord(" ")
        block[:, 11:99] = ALPHABET[random.integers(0, 16, (count, 88))]
        block[:, 99] = ord("\n")
        yield block.tobytes()
