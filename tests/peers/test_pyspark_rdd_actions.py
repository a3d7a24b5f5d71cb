"""Test the documented examples of PySpark's RDD (4.x) with glowray's verbs: values, counts, rows, files.

A docstring of a test tells a difference, or why glowray has no single verb for the method.
"""

from __future__ import annotations

import gzip
from operator import add, itemgetter
from pathlib import Path
from typing import Any

import pytest

import glowray as gr
from glowray.dataset import Dataset
from tests.oracle.exact import assert_rows

NINE = [-5, -4, -3, -2, -1, 1, 2, 3, 4]
TEXTS = [(1, ""), (1, "a"), (3, "x")]


def count_row(counts: tuple[int, int], n: int) -> tuple[int, int]:
    return counts[0] + n, counts[1] + 1


def add_counts(left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
    return left[0] + right[0], left[1] + right[1]


# One value from all rows


def test_reduce(flow: gr.Flow) -> None:
    """reduce() gives a Dataset of one row. first() returns that row."""
    assert flow.from_items([1, 2, 3, 4, 5]).reduce(add).first() == 15
    assert flow.from_items(2 for _ in range(10)).map(lambda x: 1).cache().reduce(add).first() == 10


def test_reduce_of_nothing(flow: gr.Flow) -> None:
    """PySpark's reduce() raises ValueError. Here there is no row, so first() raises or returns its default."""
    nothing: Dataset[Any] = flow.from_items([]).reduce(add)
    assert nothing.collect() == []
    assert nothing.first(default=0) == 0
    with pytest.raises(ValueError, match="empty"):
        nothing.first()


def test_tree_reduce(sliced: gr.Flow) -> None:
    """No verb: use reduce(). One value per partition moves. A depth would change the association of floats."""
    assert sliced.from_items(NINE, 10).reduce(add).first() == -5


def test_fold(flow: gr.Flow) -> None:
    """No verb: use aggregate(zero, f, f)."""
    assert flow.from_items([1, 2, 3, 4, 5]).aggregate(0, add, add).first() == 15


def test_a_zero_counts_once_a_partition_that_has_rows(sliced: gr.Flow) -> None:
    """PySpark's fold() and aggregate() also add the zero for empty partitions and for the merge: 10 + 4 + 1.

    A zero should change nothing. Here a zero that does is used only once per partition with rows.
    """
    assert sliced.from_items([4, 6], 4).aggregate(1, add, add).first() == 10 + 2


def test_aggregate(flow: gr.Flow) -> None:
    assert flow.from_items([1, 2, 3, 4]).aggregate((0, 0), count_row, add_counts).collect() == [(10, 4)]
    assert flow.from_items([]).aggregate((0, 0), count_row, add_counts).collect() == [(0, 0)]


def test_tree_aggregate(sliced: gr.Flow) -> None:
    """No verb: use aggregate(), for the same reason as in tree_reduce."""
    assert sliced.from_items(NINE, 10).aggregate(0, add, add).first() == -5


def test_max(flow: gr.Flow) -> None:
    rows = flow.from_items([1.0, 5.0, 43.0, 10.0])
    assert_rows([rows.max(), rows.max(key=str)], [43.0, 5.0])


def test_min(flow: gr.Flow) -> None:
    rows = flow.from_items([2.0, 5.0, 43.0, 10.0])
    assert_rows([rows.min(), rows.min(key=str)], [2.0, 10.0])


def test_sum(flow: gr.Flow) -> None:
    assert_rows([flow.from_items([1.0, 2.0, 3.0]).sum()], [6.0])


def test_count(flow: gr.Flow) -> None:
    assert flow.from_items([2, 3, 4]).count() == 3


def test_mean(flow: gr.Flow) -> None:
    assert_rows([flow.from_items([1, 2, 3]).mean()], [2.0])


def test_mean_of_nothing(flow: gr.Flow) -> None:
    """PySpark gives 0.0, which no row supports. Here mean() raises, like min() and max()."""
    with pytest.raises(ValueError, match="empty"):
        flow.from_items([]).mean()
    assert_rows([flow.from_items([]).sum()], [0])


def test_variance_stdev_and_those_of_a_sample(flow: gr.Flow) -> None:
    """describe() has the standard deviation of a sample. The deviation of all rows follows from it and the count."""
    found = flow.from_items([1, 2, 3]).describe()
    count, squares = found["count"], found["std"] ** 2 * (found["count"] - 1)
    assert found["std"] == pytest.approx(1.0)
    assert squares / count == pytest.approx(2 / 3)
    assert (squares / count) ** 0.5 == pytest.approx((2 / 3) ** 0.5)


def test_stats(flow: gr.Flow) -> None:
    """Use describe(), which gives a dict.

    PySpark's (count: 4, mean: 2.5, stdev: 1.118…, max: 4, min: 1) has the deviation of all rows.
    """
    found = flow.from_items([1, 2, 3, 4]).describe()
    assert (found["count"], found["mean"], found["min"], found["max"]) == (4, 2.5, 1, 4)
    assert found["std"] == pytest.approx(1.118033988749895 * (4 / 3) ** 0.5)


@pytest.mark.slow
def test_histogram(flow: gr.Flow) -> None:
    rows = flow.from_items(range(51))
    assert rows.histogram(2) == ([0, 25, 50], [25, 26])
    assert rows.histogram([0, 5, 25, 50]) == ([0, 5, 25, 50], [5, 20, 26])
    assert rows.histogram([0, 15, 30, 45, 60]) == ([0, 15, 30, 45, 60], [15, 15, 15, 6])
    words = flow.from_items(["ab", "ac", "b", "bd", "ef"])
    assert words.histogram(("a", "b", "c")) == (["a", "b", "c"], [2, 2])


# The cases of PySpark's own tests (test_histogram): values between integer edges, real edges, no edges, and outside.
IN_BINS: list[tuple[list[Any], Any, Any]] = [
    ([], [0, 10], ([0, 10], [0])),
    ([], [0, 4, 10], ([0, 4, 10], [0, 0])),
    ([10.01, -0.01], [0, 10], ([0, 10], [0])),
    ([10.01, -0.01], [0, 4, 10], ([0, 4, 10], [0, 0])),
    (list(range(1, 5)), [0, 10], ([0, 10], [4])),
    (list(range(1, 5)), [0, 5, 10], ([0, 5, 10], [4, 0])),
    ([1, 2, 3, 4, 5, 6], [0, 5, 10], ([0, 5, 10], [4, 2])),
    ([-0.01, 0.0, 1, 2, 5, 10, 10.01, None, float("nan")], [0, 5, 10], ([0, 5, 10], [3, 2])),
    ([1, 2, 3, 4], 1, ([1, 4], [4])),
    ([1, 2, 3, 4], 2, ([1, 2.5, 4], [2, 2])),
    ([1, 1], 1, ([1, 1], [2])),
    ([1, 1], 2, ([1, 1], [2])),
    (list(range(10)), 3, ([0, 3, 6, 9], [3, 3, 4])),
    ([float("nan"), None, 1, 2], 1, ([1, 2], [2])),
    (["ab", "ac", "b", "bd", "ef"], ["a", "b", "c"], (["a", "b", "c"], [2, 2])),
    (["ab", "ac", "b", "bd", "ef"], 1, (["ab", "ef"], [5])),
]


@pytest.mark.parametrize(("rows", "bins", "wanted"), IN_BINS, ids=range(len(IN_BINS)))
def test_histogram_as_in_pysparks_tests(flow: gr.Flow, rows: list[Any], bins: Any, wanted: Any) -> None:
    assert flow.from_items(rows).histogram(bins) == wanted


def test_histogram_of_what_has_none(flow: gr.Flow) -> None:
    for rows, bins, error in (
        ([], 1, ValueError),
        ([1], 0, ValueError),
        ([1], [], ValueError),
        ([1], [1], ValueError),
        ([1], [2, 1], ValueError),
        ([1], [1, 2, 2], ValueError),
        ([1], [None, 1], ValueError),
        (["ab", "ef"], 2, TypeError),
        ([1, float("inf")], 2, ValueError),
    ):
        with pytest.raises(error):
            flow.from_items(rows).histogram(bins)


def test_count_by_value(flow: gr.Flow) -> None:
    """count_by_value() gives a Dataset, because a driver may not hold all values. Use to_dict() for few."""
    assert flow.from_items([1, 2, 1, 2, 2], 2).count_by_value().to_dict() == {1: 2, 2: 3}


def test_count_sum_and_mean_approx(sliced: gr.Flow) -> None:
    """No verbs: results are exact, and never depend on a time limit."""
    rows = sliced.from_items(range(1000), 10)
    assert_rows([rows.count(), rows.sum(), rows.mean()], [1000, 499500, 499.5])


def test_count_approx_distinct(sliced: gr.Flow) -> None:
    """No verb: distinct().count(), exactly."""
    assert sliced.from_items(range(1000)).map(str).distinct().count() == 1000
    assert sliced.from_items(i % 20 for i in range(1000)).distinct().count() == 20


# All rows to the driver


def test_collect(flow: gr.Flow) -> None:
    assert flow.from_range(5).collect() == [0, 1, 2, 3, 4]
    assert flow.from_items(["x", "y", "z"]).collect() == ["x", "y", "z"]


def test_take(sliced: gr.Flow) -> None:
    rows = sliced.from_items([2, 3, 4, 5, 6])
    assert rows.cache().take(2) == [2, 3]
    assert rows.take(10) == [2, 3, 4, 5, 6]
    assert sliced.from_items(range(100), 100).filter(lambda x: x > 90).take(3) == [91, 92, 93]


def test_first(flow: gr.Flow) -> None:
    assert flow.from_items([2, 3, 4]).first() == 2
    with pytest.raises(ValueError, match="empty"):
        flow.from_items([]).first()


def test_is_empty(flow: gr.Flow) -> None:
    assert flow.from_items([]).is_empty() is True
    assert flow.from_items([1]).is_empty() is False


def test_to_local_iterator(flow: gr.Flow) -> None:
    """No verb: a Dataset is iterable, and streams its rows."""
    assert list(flow.from_items(range(10))) == list(range(10))


# Files


def part_lines(folder: Path) -> list[str]:
    """Return the lines of all part files with their line ends, sorted."""
    return sorted(line for part in folder.glob("part-*") for line in part.read_text().splitlines(keepends=True))


def test_save_as_text_file(flow: gr.Flow, tmp_path: Path) -> None:
    flow.from_items(range(10)).write_text(tmp_path / "numbers")
    assert "".join(part_lines(tmp_path / "numbers")) == "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n"
    flow.from_items(["", "foo", "", "bar", ""]).write_text(tmp_path / "words")
    assert "".join(part_lines(tmp_path / "words")) == "\n\n\nbar\nfoo\n"
    assert flow.read_text(tmp_path / "words").collect() == ["", "foo", "", "bar", ""]


def test_save_as_text_file_compressed(flow: gr.Flow, tmp_path: Path) -> None:
    """A codec is a word, not a class of Hadoop."""
    flow.from_items(["foo", "bar"]).write_text(tmp_path / "out", compression="gz")
    parts = sorted((tmp_path / "out").glob("part-*.gz"))
    assert "".join(sorted(gzip.decompress(part.read_bytes()).decode() for part in parts)) in (
        "bar\nfoo\n",
        "foo\nbar\n",
    )


def test_save_as_hadoop_file_and_dataset_text(flow: gr.Flow, tmp_path: Path) -> None:
    """Hadoop's TextOutputFormat puts a tab between key and value. Here map() does.

    A row that is read back is its line. Hadoop's readers add the offset in the file as a key.
    """
    flow.from_items(TEXTS).map(lambda key, text: f"{key}\t{text}").write_text(tmp_path / "out")
    assert sorted(flow.read_text(tmp_path / "out").collect()) == ["1\t", "1\ta", "3\tx"]


def test_save_as_sequence_file_and_new_hadoop_dataset(flow: gr.Flow, tmp_path: Path) -> None:
    """Sequence files are for Java. Parquet has typed keys and values, and every tool reads it. Its rows are dicts."""
    flow.from_items(TEXTS).map(lambda key, text: {"key": key, "text": text}).write_parquet(tmp_path / "out")
    loaded = flow.read_parquet(tmp_path / "out").map(itemgetter("key", "text"))
    assert_rows(sorted(loaded.collect()), TEXTS)


def test_save_as_new_hadoop_file(flow: gr.Flow, tmp_path: Path) -> None:
    """Maps with float keys become a column of (float, text) pairs, because JSON and Parquet require text keys."""
    rows = [(1, {3.0: "bb"}), (2, {1.0: "aa"}), (3, {2.0: "dd"})]
    saved = flow.from_items(rows).map(
        lambda key, value: {"key": key, "pairs": [{"at": at, "text": text} for at, text in value.items()]}
    )
    saved.write_parquet(tmp_path / "out")
    loaded = flow.read_parquet(tmp_path / "out").map(
        lambda row: (row["key"], {pair["at"]: pair["text"] for pair in row["pairs"]})
    )
    assert_rows(sorted(loaded.collect(), key=itemgetter(0)), rows)


def test_save_as_pickle_file(flow: gr.Flow, tmp_path: Path) -> None:
    """No verb: checkpoint() stores any Python objects, signed for this user. Pickles from elsewhere are never read."""
    kept = flow.from_items(range(10)).checkpoint(tmp_path / "kept")
    assert sorted(kept.collect()) == list(range(10))
    with pytest.raises(FileExistsError):
        flow.from_items(range(10)).checkpoint(tmp_path / "kept")
