"""What is exported is read back, by a reader that is not ours or that knows the format alone."""

import stat
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from numpy.typing import NDArray
from pyarrow import parquet

from embeddings.exporting import (
    PROJECTOR_FILES,
    NamedVectors,
    write_parquet,
    write_projector,
    write_word2vec,
)

FILMS = NamedVectors(
    ids=np.array(["heat", "the thing", "100%\t"], dtype=object),
    titles=np.array(["Heat", "", "Hundred\n\tPercent"], dtype=object),
    values=np.array([[1.0, -0.1], [1e-30, 3e38], [2.0, 0.0]], dtype=np.float32),
)


def read_word2vec(path: Path) -> tuple[list[str], NDArray[np.float32]]:
    """The format as word2vec.c writes it: words and numbers end at a space or a line's end."""
    with path.open(encoding="utf-8", newline="\n") as file:
        n, size = map(int, file.readline().split())
        rows = [line.rstrip("\n").split(" ") for line in file]
    assert len(rows) == n
    assert all(len(row) == 1 + size for row in rows)
    numbers = np.array([row[1:] for row in rows], dtype=np.float32)
    return [row[0] for row in rows], numbers.reshape(n, size)


def test_parquet(tmp_path: Path) -> None:
    write_parquet(tmp_path / "films.parquet", FILMS)
    table = parquet.read_table(tmp_path / "films.parquet")
    assert {field.name: str(field.type) for field in table.schema} == {
        "id": "string",
        "title": "string",
        "vector": "list<element: float>",
    }
    assert table["id"].to_pylist() == FILMS.ids.tolist()
    assert table["title"].to_pylist() == ["Heat", None, "Hundred\n\tPercent"]
    assert np.array_equal(np.array(table["vector"].to_pylist(), np.float32), FILMS.values)


def test_word2vec(tmp_path: Path) -> None:
    write_word2vec(tmp_path / "films.txt", FILMS)
    words, numbers = read_word2vec(tmp_path / "films.txt")
    assert words == ["heat", "the%20thing", "100%25%09"]
    assert np.array_equal(numbers, FILMS.values)


@given(
    ids=st.lists(st.text(min_size=1), min_size=1, max_size=4, unique=True),
    values=arrays_of.arrays(
        np.float32,
        (4, 3),
        elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
    ),
)
def test_every_id_and_every_number_comes_back_from_word2vec(
    tmp_path_factory: pytest.TempPathFactory, ids: list[str], values: NDArray[np.float32]
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.txt"
    names = np.array([*ids, ""], dtype=object)[:-1]
    write_word2vec(path, NamedVectors(names, names, values[: len(ids)]))
    words, numbers = read_word2vec(path)
    assert [unquote(word) for word in words] == ids
    assert not any(character.isspace() for word in words for character in word)
    assert np.array_equal(numbers, values[: len(ids)])


def test_projector(tmp_path: Path) -> None:
    write_projector(tmp_path / "films", FILMS, "items (fused)")
    tensor, metadata, config = (tmp_path / "films" / name for name in PROJECTOR_FILES)
    assert np.array_equal(np.loadtxt(tensor, dtype=np.float32, delimiter="\t"), FILMS.values)
    rows = metadata.read_text(encoding="utf-8").split("\n")
    assert rows == ["id\ttitle", "heat\tHeat", "the thing\t", "100% \tHundred Percent", ""]
    assert config.name == "projector_config.pbtxt"


@pytest.mark.models
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of protobuf and tensorboard
def test_tensorboard_reads_the_projector_config(tmp_path: Path) -> None:
    projector_config_pb2 = pytest.importorskip("tensorboard.plugins.projector.projector_config_pb2")
    text_format = pytest.importorskip("google.protobuf.text_format")
    write_projector(tmp_path, FILMS, "items (fused)")
    config = projector_config_pb2.ProjectorConfig()
    text_format.Parse((tmp_path / "projector_config.pbtxt").read_text(), config)
    assert config.embeddings[0].tensor_name == "items (fused)"
    assert (tmp_path / config.embeddings[0].tensor_path).is_file()
    assert (tmp_path / config.embeddings[0].metadata_path).is_file()


def test_items_without_a_vector_are_left_out() -> None:
    values = FILMS.values.copy()
    values[1] = 0.0
    known = NamedVectors(FILMS.ids, FILMS.titles, values).known()
    assert known.ids.tolist() == ["heat", "100%\t"]
    assert np.array_equal(known.values, FILMS.values[[0, 2]])


def test_no_items_at_all(tmp_path: Path) -> None:
    none = NamedVectors(FILMS.ids[:0], FILMS.titles[:0], FILMS.values[:0])
    write_parquet(tmp_path / "none.parquet", none)
    assert parquet.read_table(tmp_path / "none.parquet").num_rows == 0
    write_word2vec(tmp_path / "none.txt", none)
    assert (tmp_path / "none.txt").read_text() == "0 2\n"


def test_a_file_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    write_word2vec(tmp_path / "films.txt", FILMS)
    modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert len(modes) == 1


def test_lengths_that_differ() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        NamedVectors(FILMS.ids[:1], FILMS.titles, FILMS.values)
