"""CSV files as rows of dicts, as csv.DictReader gives them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, Literal

from glowray.arguments import StorageOptions
from glowray.io.csv.column_parser import ColumnParser
from glowray.io.csv.column_types import Convert, RefusedField, conversions, convert_records, infer_types, type_of
from glowray.io.csv.field_errors import RecordMaker, refusal_of
from glowray.io.csv.quotes import whole_records
from glowray.io.csv.record_starts import plan_records
from glowray.io.csv.records import Dialect, Record, RecordTexts, first_record, read_records, text_records
from glowray.io.files.encoding import Encoding, encoding_of_files
from glowray.io.files.lines import LineNames, read_bytes
from glowray.io.files.paths import File, Paths, expand, path_names
from glowray.io.files.splits import SPLIT_BYTES, Partition, Piece, weight_of
from glowray.io.filesystem.location import Location
from glowray.io.reader import PartitionedReader, PrunableReader, check_partitions, source_label
from glowray.io.record_columns import check_columns, check_present
from glowray.io.refusals import Refusal, Refuse, RefusingReader, raise_refusal

if TYPE_CHECKING:
    from glowray.rows import Block
    from glowray.rows.types.shape import Shape

Header = bool | tuple[str, ...]
Types = Mapping[str, Callable[[str], Any]] | Literal["infer"] | None

_CHUNK_BYTES = 1 << 21


@dataclass(frozen=True)
class CsvReader(PrunableReader, RefusingReader, PartitionedReader):
    """Reads records of CSV files as dicts.

    Args:
        columns: the columns that the user asked for, None for all.
        cut: the files that were scanned whole. All their quotes open a field, close one or are doubled.
        only: the columns that the job reads, None for all. It holds in files whose columns are `like`.
        like: the columns of the first file.
    """

    label: str
    partitions: tuple[Partition, ...]
    dialect: Dialect
    encoding: Encoding
    header: Header
    converts: Mapping[str, Convert]
    columns: tuple[str, ...] | None
    estimated_bytes: int
    cut: frozenset[Location] = frozenset()
    only: frozenset[str] | None = None
    like: tuple[str, ...] = ()
    refuse: Refuse = raise_refusal
    ahead: bool = False

    def read(self, index: int) -> Iterator[list[dict[Any, Any]]]:
        for piece in self.partitions[index]:
            for part in self._parts(_Making(self, piece)):
                yield part if isinstance(part, list) else part.rows()

    @property
    def shape(self) -> Shape | None:
        """The shape of the first file's rows as columns, or None if a column's type is unknown."""
        from glowray.rows.types.scalar_kinds import scalar_kind
        from glowray.rows.types.shape import Fields, Scalar

        names = self._first_names
        wanted = self._wanted(names)
        kinds = [scalar_kind(cls, [cls()]) if cls else None for cls in map(self._type, wanted)]
        scalars = tuple(Scalar(kind) for kind in kinds if kind is not None)
        complete = self._has_all(names) and len(scalars) == len(wanted) > 0
        return Fields("record", wanted, scalars) if complete else None

    @property
    def fields(self) -> tuple[str, ...] | None:
        """The columns of the first file's rows. Another file may have others."""
        names = self._first_names
        return self._wanted(names) if names and self._has_all(names) else None

    @property
    def _first_names(self) -> tuple[str, ...]:
        """The columns of the first file, () if there are none."""
        piece = next((piece for pieces in self.partitions for piece in pieces), None)
        return () if piece is None else self.names(piece.location)

    def _type(self, name: str) -> type | None:
        """Return the exact type of a column's values other than None, or None if it is unknown."""
        convert = self.converts.get(name, str)
        return type_of(convert)

    def read_blocks(self, index: int) -> Iterator[Block]:
        """Yield the rows of partition `index` as blocks."""
        from glowray.rows import Block

        for piece in self.partitions[index]:
            for part in self._parts(_Making(self, piece)):
                yield Block.from_rows(part) if isinstance(part, list) else part

    def pruned(self, columns: Collection[str]) -> CsvReader:
        """Return a reader of the same rows with only these columns, and those that have a type, which may raise.

        Files whose columns are not those of the first file are read with all columns. So is a batch of records if one
        of them has too many fields.
        """
        like = self.like if self.only is not None else self._first_names
        only = frozenset(columns) if self.only is None else self.only.intersection(columns)
        return replace(self, only=only, like=like)

    def refusing(self, refuse: Refuse, *, ahead: bool) -> CsvReader:
        """Return a reader of the same rows that calls `refuse` for a record with a field that its type refuses."""
        return replace(self, refuse=refuse, ahead=ahead)

    def batches(self, piece: Piece) -> Iterator[tuple[Sequence[str], list[Record]]]:
        """Yield the names of the columns and the records of a piece as text, a batch at a time."""
        names = self.names(piece.location)
        skip = self.header is True and piece.start == 0
        for records in read_records(piece, self.dialect, self.encoding):
            if skip and records:
                records, skip = records[1:], False
            yield names, records

    def names(self, location: Location) -> tuple[str, ...]:
        """Return the columns of a file, () if it is empty. Raises ValueError if two have one name."""
        if isinstance(self.header, tuple):
            return self.header
        first = first_record(Piece(location), self.dialect, self.encoding)
        if not self.header:
            return tuple(map(str, range(len(first))))
        check_columns(first, f'"{location}"')
        return tuple(first)

    def _parts(self, making: _Making) -> Iterator[Block | list[dict[Any, Any]]]:
        """Yield the rows of a piece: a block for each chunk that Arrow reads as the csv module does, else lists.

        If quotes or bytes need the csv module, it reads the rest of the piece.
        """
        piece, names = making.piece, making.names
        parser = ColumnParser(names, self._wanted(names), self.converts, self.dialect, self.encoding)
        header = int(self.header is True and piece.start == 0)
        done = 0  # records that were read, including the header
        if self._has_all(names) and parser.fits:
            chunks = read_bytes(piece, self.encoding.signature, _CHUNK_BYTES)
            for chunk in whole_records(chunks, self.dialect, piece.location in self.cut):
                if chunk is None or not parser.is_text(chunk):
                    break
                skip = max(header - done, 0)
                if (table := parser.table(chunk)) is not None and (
                    block := parser.block(table.slice(skip))
                ) is not None:
                    done += table.num_rows
                    yield block
                else:
                    records = text_records(parser.text(chunk), self.dialect)
                    yield from making.rows(records[skip:], done + skip)
                    done += len(records)
            else:
                return
        yield from self._rest(making, max(header, done))

    def rest(self, piece: Piece, done: int) -> Iterator[list[dict[Any, Any]]]:
        """Yield the rows after the first `done` records of a piece, read by the csv module."""
        return self._rest(_Making(self, piece), done)

    def _rest(self, making: _Making, done: int) -> Iterator[list[dict[Any, Any]]]:
        piece, names, seen = making.piece, making.names, 0
        for records in read_records(piece, self.dialect, self.encoding):
            first = max(done - seen, 0)
            if len(records) > first and not self._has_all(names):
                self.check_columns(piece.location, names)
            yield from making.rows(records[first:], seen + first)
            seen += len(records)

    def dicts(self, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[dict[Any, Any]]:
        """Return rows of values as dicts of the wanted columns."""
        width = len(names)
        if set(map(len, rows)) <= {width}:
            dicts: list[dict[Any, Any]] = list(map(dict, map(zip, repeat(names), rows)))
        else:
            dicts = [_by_name(names, row) for row in rows]
        wanted = self._wanted(names)
        is_longer = self.columns is None and any(None in row for row in dicts)
        if is_longer or (self.columns is None and (self.only is None or tuple(names) != self.like)):
            return dicts
        return [{name: row[name] for name in wanted} for row in dicts]

    def _wanted(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the columns of the rows of a file that has the columns `names`, in their order."""
        columns = names if self.columns is None else self.columns
        if self.only is None or tuple(names) != self.like:
            return tuple(columns)
        return tuple(name for name in columns if name in self.only or name in self.converts)

    def _has_all(self, names: Sequence[str]) -> bool:
        """Return whether a file with these columns has all columns that the user named."""
        return {*self.converts, *(self.columns or ())}.issubset(names)

    def check_columns(self, location: Location, names: Sequence[str]) -> None:
        """Raise ValueError if types= or columns= name a column that the file lacks."""
        check_present(str(location), names, (*self.converts, *(self.columns or ())))


class _Making:
    """Makes rows of the records of a piece. Tells the reader's `refuse` of a record that a type refuses."""

    def __init__(self, reader: CsvReader, piece: Piece) -> None:
        self.piece, self.names = piece, reader.names(piece.location)
        self._reader = reader
        self._maker = RecordMaker(self.names, reader.dialect, reader.converts)

    def rows(self, records: list[Record], number: int) -> Iterator[list[dict[Any, Any]]]:
        """Yield the rows of records, the first of which is the piece's record `number`."""
        converted = self._converted(records, number) if self._maker.converts else iter([records])
        if self._reader.ahead:
            converted = iter([list(chain.from_iterable(converted))])
        for values in converted:
            if values:
                yield self._reader.dicts(self.names, values)

    def _converted(self, records: list[Record], number: int) -> Iterator[Sequence[Sequence[Any]]]:
        for values in convert_records(records, self.names, self._maker.converts):
            if isinstance(values, RefusedField):
                self._reader.refuse(partial(self._refusal, number + values.place, values))
            else:
                yield values

    def _refusal(self, number: int, refused: RefusedField) -> Refusal:
        line, before = self._texts.at(number)
        return refusal_of(self._maker, refused, line, self._lines.name(before))

    @cached_property
    def _texts(self) -> RecordTexts:
        return RecordTexts(self.piece, self._reader.dialect, self._reader.encoding)

    @cached_property
    def _lines(self) -> LineNames:
        return LineNames(self.piece, exact=self._reader.refuse is raise_refusal)


def csv_reader(
    paths: Paths,
    partitions: int | None = None,
    *,
    types: Types = None,
    columns: Sequence[str] | None = None,
    header: bool | Sequence[str] = True,
    delimiter: str = ",",
    quotechar: str | None = '"',
    null_values: Sequence[str] = ("",),
    encoding: str = "utf-8",
    errors: str = "strict",
    storage_options: StorageOptions = None,
    split_bytes: int = SPLIT_BYTES,
) -> CsvReader:
    r"""Return a reader of CSV files, whose rows are dicts, a record each.

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp(), "a.csv")
    >>> _ = path.write_text('zip,name,amount\n02139,"",1.50\n')
    >>> list(csv_reader(path, types={"amount": float}).read(0))
    [[{'zip': '02139', 'name': '', 'amount': 1.5}]]

    Fields are str, as csv.DictReader gives them. A null value is None unless it is quoted. In a record with too few
    fields the missing ones are None. Extra fields are a list under the key None. Blank lines are skipped. A byte order
    mark at the start of a UTF-8 file is dropped.

    Args:
        types: {column: type or function of a str}, or "infer". "infer" reads the whole input at the call. It makes a
            column int, float or bool if all its values of that type would be written as the same text.
        columns: read only these, in this order.
        header: True if each file begins with its column names. False gives columns the names "0", "1" and so on. A
            list has the names of the columns of files that begin with none.
        delimiter, quotechar: one character each. With quotechar None, quotes are ordinary characters.
        null_values: the unquoted fields that are read as None.
        encoding, errors: of the files, as for open().
        storage_options: of URLs.

    Raises:
        FileNotFoundError: a path matches nothing.
        ValueError: an argument is wrong, or two columns have one name.
        DamagedFile: a type refuses a value; this ValueError names the file, the line and the column. An error of a
            user's function in `types` keeps its class.

    A large plain file is cut between records. Unless quotechar is None, the call reads it once to find them. A file
    with a quote that neither encloses a field nor is doubled is not cut.
    """
    check_partitions(partitions)
    dialect, how = Dialect(delimiter, quotechar, _nulls(null_values)), encoding_of_files(encoding, errors)
    files = expand(paths, storage_options)
    splits, cut = plan_records(files, partitions, dialect, how, split_bytes)
    reader = CsvReader(
        source_label("read_csv", path_names(paths, storage_options)),
        splits,
        dialect,
        how,
        _header(header),
        {},
        None if columns is None else tuple(columns),
        sum(map(weight_of, files)),
        cut,
    )
    if reader.columns is not None:
        check_columns(reader.columns, "columns=")
    if types is not None:
        reader = replace(reader, converts=_types(reader, types))
    if reader.converts or reader.columns:
        _check_first_file(reader, files)
    return reader


def _nulls(values: Sequence[str]) -> frozenset[str]:
    if isinstance(values, str) or not all(isinstance(value, str) for value in values):
        raise TypeError(f"null_values must be a list of texts, not {values!r}")
    return frozenset(values)


def _header(header: bool | Sequence[str]) -> Header:
    if isinstance(header, bool):
        return header
    if isinstance(header, str) or not all(isinstance(name, str) for name in header):
        raise TypeError(f"header must be True, False or a list of names, not {header!r}")
    check_columns(header, "header=")
    return tuple(header)


def _types(reader: CsvReader, types: Types) -> dict[str, Convert]:
    if types == "infer":
        pieces = (piece for pieces in reader.partitions for piece in pieces)
        types = infer_types(batch for piece in pieces for batch in reader.batches(piece))
    if not isinstance(types, Mapping):
        raise TypeError(f'types must be a dict of column names and types, or "infer", not {types!r}')
    return conversions(types)


def _check_first_file(reader: CsvReader, files: Sequence[File]) -> None:
    for file in files:
        names = reader.names(file.location)
        if names:
            reader.check_columns(file.location, names)
            return


def _by_name(names: Sequence[str], row: Sequence[Any]) -> dict[Any, Any]:
    """Return a record as a dict: missing fields are None, and extra fields are a list under the key None."""
    made: dict[Any, Any] = dict(zip(names, row))  # noqa: B905  (the lengths may differ)
    for name in names[len(row) :]:
        made[name] = None
    if len(row) > len(names):
        made[None] = list(row[len(names) :])
    return made
