"""Test that part files with the id of a job are input only if `_SUCCESS` lists them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from glowray.errors import GlowrayError
from glowray.io.files.manifest import SUCCESS, Manifest
from glowray.io.files.paths import expand
from glowray.io.filesystem.chosen import chosen
from glowray.io.filesystem.location import Location

OLD, NEW, DEAD = "a" * 32, "b" * 32, "c" * 32


class Output:
    """A folder on a disk or in a store."""

    def __init__(self, root: Location) -> None:
        self.root = root

    def put(self, *names: str) -> None:
        for name in names:
            with self.root.files.open_output(f"{self.root.path}/{name}") as file:
                file.write(name.encode())

    def commit(self, job: str, *names: str) -> None:
        with self.root.files.open_output(f"{self.root.path}/{SUCCESS}") as file:
            file.write(Manifest(job, names).encode())

    def read(self, path: str = "") -> list[str]:
        files = expand(f"{self.root.path}/{path}".rstrip("/"))
        return [file.location.path.removeprefix(f"{self.root.path}/") for file in files]


@pytest.fixture(params=["disk", "memory"])
def output(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Output]:
    root = chosen(tmp_path if request.param == "disk" else f"memory://{uuid.uuid4().hex}/out")
    yield Output(root)
    root.files.delete_folder(root.path)


def test_a_finished_job(output: Output) -> None:
    names = [f"part-0000{n}-{OLD}.csv.gz" for n in range(3)]
    output.put(*names, f"part-00001-{DEAD}.csv.gz")
    output.commit(OLD, *names)
    assert output.read() == output.read("*") == output.read("part-*") == names
    assert output.read(names[1]) == [names[1]]


def test_an_appended_output_has_the_parts_of_two_jobs(output: Output) -> None:
    names = [f"part-00000-{OLD}.csv", f"part-00001-{NEW}.csv"]
    output.put(*names)
    output.commit(NEW, *names)
    assert output.read() == names


@pytest.mark.parametrize("path", ["", "*", f"part-00000-{DEAD}.csv"])
def test_a_dead_job_is_no_input(output: Output, path: str) -> None:
    output.put(f"part-00000-{DEAD}.csv", f"part-00001-{DEAD}.csv")
    with pytest.raises(FileNotFoundError, match=r"unfinished|not finished|matches no file"):
        output.read(path)


def test_a_job_that_wrote_no_rows_hides_the_parts_of_a_dead_one(output: Output) -> None:
    output.put(f"part-00000-{DEAD}.csv")
    output.commit(OLD)
    assert output.read() == []


def test_folders_by_field_belong_to_the_output_above_them(output: Output) -> None:
    names = [f"year=2013/month={m}/part-00000-{OLD}.parquet" for m in (1, 2)]
    output.put(*names, f"year=2013/month=1/part-00000-{DEAD}.parquet")
    output.commit(OLD, *names)
    assert output.read() == output.read("year=2013") == output.read("year=*") == names
    assert output.read("year=2013/month=2") == names[1:]


@pytest.mark.parametrize("folder", ["year=2013", "year=2013/month=1"])
def test_a_write_may_name_a_folder_by_field(output: Output, folder: str) -> None:
    names = [f"{folder}/part-00000-{OLD}.csv", f"{folder}/day=2/part-00001-{OLD}.csv"]
    output.put(*names, f"{folder}/part-00002-{DEAD}.csv", f"year=2014/part-00000-{DEAD}.csv")
    inner = Output(output.root.at(f"{output.root.path}/{folder}"))
    inner.commit(OLD, *(name.removeprefix(f"{folder}/") for name in names))
    assert sorted(output.read()) == sorted(output.read(folder)) == sorted(names)


def test_the_files_of_other_programs_are_read_as_they_are(output: Output) -> None:
    names = ["part-00000.csv", "part-00001-0a1b2c3d-0000-4000-8000-000000000000-c000.csv", f"{OLD}.csv"]
    output.put(*names)
    assert sorted(output.read()) == sorted(names)
    output.put(SUCCESS)  # Other programs write an empty one.
    assert sorted(output.read()) == sorted(names)


def test_a_listed_part_that_is_missing_is_an_error(output: Output) -> None:
    output.put(f"part-00000-{OLD}.csv")
    output.commit(OLD, f"part-00000-{OLD}.csv", f"part-00001-{OLD}.csv")
    with pytest.raises(GlowrayError, match=f"part-00001-{OLD}.csv.* is not there"):
        output.read()
    assert output.read(f"part-00000-{OLD}.csv") == [f"part-00000-{OLD}.csv"]
