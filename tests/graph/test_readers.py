"""Files of every format give the same rows; what is wrong with a file or row is said exactly."""

import csv
import gzip
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.errors import DataError, ResourceError
from graph.files.file_bytes import LINE_LIMIT
from graph.files.readers import open_source, require_columns
from graph.mapping_tables import Source

ROWS = [("1", "Amélie", "a|b"), ("2", "Heat, again", ""), ("3", 'The "Crow"', "c")]
HEADER = ("id", "title", "tags")


def source(**keys: object) -> Source:
    return Source.model_validate({"file": "x", **keys})


def read(path: Path, *wanted: str, **keys: object) -> list[tuple[object, ...]]:
    file = open_source(path, source(**keys))
    require_columns(file, wanted, "[items]")
    rows: list[tuple[object, ...]] = []
    for batch in file.batches(wanted):
        rows += zip(*(batch.columns[name].to_pylist() for name in wanted), strict=True)
    return rows


def rejected(path: Path, **keys: object) -> list[tuple[int, str]]:
    file = open_source(path, source(**keys))
    return [(r.line, r.reason) for batch in file.batches(file.header[:1]) for r in batch.unreadable]


def lines(path: Path, **keys: object) -> list[int]:
    file = open_source(path, source(**keys))
    return [line for batch in file.batches(file.header[:1]) for line in batch.lines.tolist()]


def as_csv(delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows([HEADER, *ROWS])
    return text.getvalue().encode()


def as_parquet() -> bytes:
    sink = io.BytesIO()
    columns = dict(zip(HEADER, map(list, zip(*ROWS, strict=True)), strict=True))
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def gzipped(data: bytes) -> bytes:
    """Always the same bytes: they are part of a test's name, and gzip notes the time."""
    return gzip.compress(data, mtime=0)


def as_json_lines() -> bytes:
    dicts = [dict(zip(HEADER, row, strict=True)) for row in ROWS]
    return "\n".join(json.dumps(row) for row in dicts).encode()


FORMATS = {
    "f.csv": as_csv(),
    "f.tsv": as_csv("\t"),
    "f.jsonl": as_json_lines(),
    "f.parquet": as_parquet(),
}


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("name", FORMATS)
def test_all_formats_give_the_same_rows(tmp_path: Path, name: str, compressed: bool) -> None:
    path = tmp_path / (f"{name}.gz" if compressed else name)
    path.write_bytes(gzipped(FORMATS[name]) if compressed else FORMATS[name])
    assert read(path, *HEADER) == ROWS
    assert read(path, "title") == [(title,) for _, title, _ in ROWS]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.text(), st.text(alphabet='a,";\n\r\t é', max_size=6)),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from([",", ";", "\t"]),
)
def test_what_python_writes_is_read_back(
    tmp_path: Path, rows: list[tuple[str, str]], delimiter: str
) -> None:
    rows = [tuple(cell.replace("\0", "") for cell in row) for row in rows]  # type: ignore[misc]
    rows = [(f"x{a}".encode("utf-8", "ignore").decode(), b) for a, b in rows]
    path = tmp_path / "f.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *rows])
    assert read(path, "a", "b", delimiter=delimiter) == rows


def test_plain_chunks_and_quoted_ones_are_read_alike(tmp_path: Path) -> None:
    plain = tmp_path / "plain.csv"
    quoted = tmp_path / "quoted.csv"
    body = "".join(f"{n},é{n}\r\n" for n in range(60_000))
    plain.write_text("a,b\r\n" + body, encoding="utf-8", newline="")
    quoted.write_text('a,"b"\r\n' + body + '"x","y"\r\n', encoding="utf-8", newline="")
    assert [*read(plain, "b", "a"), ("y", "x")] == read(quoted, "b", "a")
    assert lines(plain) == list(range(2, 60_002))
    assert lines(quoted) == list(range(2, 60_003))


def test_lines_are_those_of_an_editor(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text('a,b\n1,"two\nlines"\n\n3,4\n5\n6,7\n', encoding="utf-8")
    assert lines(path) == [2, 5, 7]
    assert rejected(path) == [(6, "1 cell where the header has 2")]


def test_a_mark_of_byte_order_and_spaces_do_not_hide_a_column(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(b"\xef\xbb\xbf id , title\n1,a\n")
    assert read(path, "id", "title") == [("1", "a")]


def test_a_file_without_header_has_numbered_or_named_columns(tmp_path: Path) -> None:
    path = tmp_path / "f.tsv"
    path.write_text("1\ta\n2\tb\n")
    assert read(path, "2", header=False) == [("a",), ("b",)]
    assert read(path, "t", header=False, columns=["i", "t"]) == [("a",), ("b",)]
    with pytest.raises(DataError, match="has 2 columns, and `columns` names 1"):
        open_source(path, source(header=False, columns=["i"]))


def test_json_values_become_cells(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    path.write_text('{"a": 5.0, "l": ["x", 1]}\n\nnull\n{"a": true, "l": null}\n{"a": {"b": 1}\n')
    assert read(path, "a", "l") == [("5", ["x", "1"]), ("true", None)]
    assert [line for line, _ in rejected(path)] == [3, 5]


def test_parquet_columns_become_text(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    table = pa.table(
        {
            "f": [5.0, None],
            "t": pa.array([0, 1], pa.timestamp("s")),
            "l": [["x"], []],
            "d": pa.array(["u", "v"]).dictionary_encode(),
        }
    )
    pq.write_table(table, path)
    rows = read(path, "f", "t", "l", "d")
    assert rows == [
        ("5", "1970-01-01 00:00:00.000", ["x"], "u"),
        (None, "1970-01-01 00:00:01.000", [], "v"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'a,b\n1,"x\n2,y\n3,z\n', [(2, "a quote on this line never ends")]),
        (b'a,b\n1,"x"y\n2,y\n', [(2, "the quotes on this line are misplaced")]),
        (b"a,b\n1,x\0\n2,y\n", [(2, "NUL bytes")]),
        (b"a,b\n1,x,y\n2,y\n", [(2, "3 cells where the header has 2")]),
    ],
)
def test_bad_rows_are_told_and_the_others_read(
    tmp_path: Path, text: bytes, expected: list[tuple[int, str]]
) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(text)
    assert rejected(path) == expected
    assert ("2", "y") in read(path, "a", "b")


def write_long_line(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.write(b"a,b\n1,2\n")
        file.truncate(size)  # A hole in the file: zero bytes without a line end.


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("f.csv", b"", "is empty"),
        ("f.csv", b"\n\n", "is empty: it starts with a blank row"),
        ("f.csv", b"id,t\n1,caf\xe9\n", "line 2: the byte 0xE9 is not utf-8"),
        ("f.csv", b"id,t\n1,a\n2,\x93b\x94\n", 'line 3: the byte 0x93 is not utf-8; if'),
        ("f.csv", b"id,t\n1,\xc3", "line 2: the byte 0xC3"),
        ("f.csv", "id,t\n1,a\n".encode("utf-16"), 'set encoding = "utf-16"'),
        ("f.csv", "id,t\n1,a\n".encode("utf-16-le"), "starts with NUL bytes"),
        ("f.csv", gzipped(b"id\n1\n"), "give its name the ending .gz"),
        ("f.csv", as_parquet(), 'set format = "parquet"'),
        ("f.csv", b"PK\x03\x04....", "ZIP archive or a spreadsheet"),
        ("f.csv.gz", b"id\n1\n", "is no gzip file"),
        ("f.csv.gz", gzipped(b"id\n" + bytes(range(48, 58)) * 9999)[:-30], "cut off"),
        ("f.csv", b'"id,t\n1,a\n', "the first row cannot be read"),
        ("f.parquet", b"id\n1\n", "is no readable Parquet file"),
        ("f.jsonl", b"id\n1\n", "is a JSON object"),
        ("f.xlsx", b"x", "does not tell its format; known are .csv"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_says_why(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        open_source(path, source())
    assert said in str(caught.value)
    assert name in str(caught.value)


def test_a_line_of_two_gigabytes_is_refused_without_reading_it_whole(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    write_long_line(path, 2 << 30)
    with pytest.raises(DataError, match=f"line 3 is longer than {LINE_LIMIT:,} characters"):
        open_source(path, source())


def test_a_line_up_to_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(f"id,t\n1,{'x' * (LINE_LIMIT - 3)}\n2,b\n")
    assert [len(str(t)) for _, t in read(path, "id", "t")] == [LINE_LIMIT - 3, 1]
    path.write_text(f"id,t\n1,{'x' * LINE_LIMIT}\n2,b\n")
    with pytest.raises(DataError, match="line 2 is longer"):
        open_source(path, source())


def test_missing_things_are_named_with_what_is_near(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("item_id;title\n1;a\n")
    with pytest.raises(DataError, match=r"does not exist; did you mean items\.csv\?"):
        open_source(tmp_path / "item.csv", source())
    with pytest.raises(DataError, match="there is no folder"):
        open_source(tmp_path / "data" / "items.csv", source())
    with pytest.raises(DataError, match="is a folder"):
        open_source(tmp_path, source())
    with pytest.raises(DataError, match="separated by ';', set delimiter = \";\""):
        read(tmp_path / "items.csv", "item_id")
    with pytest.raises(DataError, match=r"did you mean 'item_id'\? It has: item_id, title"):
        read(tmp_path / "items.csv", "itemid", delimiter=";")
    (tmp_path / "twice.csv").write_text("id,id\n1,2\n")
    with pytest.raises(DataError, match="has 2 columns named 'id'"):
        read(tmp_path / "twice.csv", "id")


def test_other_encodings_are_read_when_declared(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    for encoding in ("latin-1", "utf-16", "gb18030"):
        path.write_bytes("id,t\n1,é\n".encode(encoding))
        assert read(path, "id", "t", encoding=encoding) == [("1", "é")]
    with pytest.raises(DataError, match="the encoding 'latin9000' is unknown"):
        open_source(path, source(encoding="latin9000"))


def test_a_file_that_may_not_be_read_is_a_resource_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f.csv"
    path.write_text("id\n1\n")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)  # The tests may run as root, who may read all.
    with pytest.raises(ResourceError, match="may not be read"):
        open_source(path, source())
