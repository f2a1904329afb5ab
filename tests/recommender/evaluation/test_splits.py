"""What each split holds out, on small histories and as laws on random ones."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.dataset import NO_TIME, Dataset, Feedback, sort_feedback
from graph.errors import DataError, UsageError
from recommender.evaluation.splits import (
    ChronologicalSplit,
    ColdItemSplit,
    FileSplit,
    Fold,
    KFoldSplit,
    RandomSplit,
    Split,
    read_cold_items,
    suit_split,
)

Row = tuple[int, int, int, int, str]
"""User, item, type, time, split."""


def dataset(rows: Sequence[Row], n_users: int = 5, n_items: int = 10) -> Dataset:
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), (), ()]
    feedback = Feedback(
        user=np.array(columns[0], dtype=np.int32),
        item=np.array(columns[1], dtype=np.int32),
        type=np.array(columns[2], dtype=np.int16),
        value=np.ones(len(rows)),
        at=np.array(columns[3], dtype=np.int64),
        split=np.array(columns[4], dtype=object),
    )
    return Dataset(
        users=np.array([f"u{i}" for i in range(n_users)], dtype=object),
        items=np.array([f"i{i}" for i in range(n_items)], dtype=object),
        entities=np.array([], dtype=object),
        feedback_types=("LIKED", "VIEWED"),
        feedback=sort_feedback(feedback),
        item_facts={},
        user_facts={},
    )


def split_once(split: Split, rows: Sequence[Row]) -> Fold:
    (fold,) = split(dataset(rows), np.random.default_rng(0))
    return fold


def pairs(feedback: Feedback | None) -> set[tuple[int, int, int]]:
    assert feedback is not None
    return set(
        zip(feedback.user.tolist(), feedback.item.tolist(), feedback.type.tolist(), strict=True)
    )


def test_files_follow_the_marks() -> None:
    fold = split_once(
        FileSplit(),
        [
            (0, 0, 0, 1, "train"),
            (0, 1, 0, 2, ""),
            (0, 2, 0, 3, "valid"),
            (0, 3, 0, 4, "test"),
            (1, 4, 1, 4, "test"),
        ],
    )
    assert pairs(fold.train) == {(0, 0, 0), (0, 1, 0)}
    assert pairs(fold.valid) == {(0, 2, 0)}
    assert pairs(fold.test) == {(0, 3, 0)}
    assert fold.candidates.all()


def test_files_without_test_rows_are_refused() -> None:
    with pytest.raises(UsageError, match='no feedback of type LIKED is marked split = "test"'):
        split_once(FileSplit(), [(0, 0, 0, 1, "train"), (0, 1, 1, 1, "test")])


def test_files_without_training_rows_are_refused() -> None:
    with pytest.raises(UsageError, match="no feedback to train on"):
        split_once(FileSplit(), [(0, 0, 0, 1, "test"), (0, 1, 0, 1, "valid")])


def test_other_feedback_on_a_held_out_pair_is_not_trained_on() -> None:
    fold = split_once(
        FileSplit(), [(0, 0, 0, 1, "train"), (0, 1, 0, 2, "test"), (0, 1, 1, 1, "train")]
    )
    assert pairs(fold.train) == {(0, 0, 0)}


def test_the_latest_are_held_out_and_later_views_with_them() -> None:
    rows = [(0, item, 0, 100 + item, "") for item in range(5)]
    views = [(0, 7, 1, 103, ""), (0, 8, 1, 104, ""), (0, 9, 1, 200, "")]
    fold = split_once(ChronologicalSplit(0.2), [*rows, *views])
    assert pairs(fold.test) == {(0, 4, 0)}
    assert pairs(fold.train) == {(0, 0, 0), (0, 1, 0), (0, 2, 0), (0, 3, 0), (0, 7, 1)}


def test_rows_of_one_time_go_by_the_order_of_the_items() -> None:
    fold = split_once(ChronologicalSplit(0.5), [(0, item, 0, 7, "") for item in (3, 1, 2, 0)])
    assert pairs(fold.test) == {(0, 2, 0), (0, 3, 0)}


def test_chronological_without_times_is_refused() -> None:
    with pytest.raises(UsageError, match="needs times"):
        split_once(ChronologicalSplit(), [(0, 0, 0, NO_TIME, ""), (0, 1, 0, NO_TIME, "")])


def test_a_user_with_one_positive_keeps_it() -> None:
    fold = split_once(RandomSplit(0.9), [(0, 0, 0, 1, ""), (1, 0, 0, 1, ""), (1, 1, 0, 1, "")])
    assert (0, 0, 0) in pairs(fold.train)
    assert len(fold.test) == 1


def test_folds_of_the_data_are_taken_as_they_are() -> None:
    rows = [(0, 0, 0, 1, "0"), (0, 1, 0, 1, "1"), (1, 2, 0, 1, "10"), (1, 3, 1, 1, "10")]
    folds = list(KFoldSplit()(dataset(rows), np.random.default_rng(0)))
    assert [fold.name for fold in folds] == ["0", "1", "10"]
    assert pairs(folds[2].test) == {(1, 2, 0)}
    assert pairs(folds[2].train) == {(0, 0, 0), (0, 1, 0)}
    assert pairs(folds[0].train) == {(0, 1, 0), (1, 2, 0), (1, 3, 1)}


def test_only_the_named_folds() -> None:
    rows = [(0, item, 0, 1, str(item)) for item in range(4)]
    folds = KFoldSplit(only=("3", "1"))(dataset(rows), np.random.default_rng(0))
    assert [fold.name for fold in folds] == ["1", "3"]
    with pytest.raises(UsageError, match="no fold '7'; there are 0, 1, 2, 3"):
        list(KFoldSplit(only=("7",))(dataset(rows), np.random.default_rng(0)))


def test_cold_items_have_no_feedback_of_any_type_in_training() -> None:
    rows = [(0, 0, 0, 1, "test"), (0, 1, 0, 1, ""), (1, 1, 1, 1, ""), (1, 2, 0, 1, "")]
    fold = split_once(ColdItemSplit(("i1", "unknown")), rows)
    assert pairs(fold.test) == {(0, 1, 0)}
    assert pairs(fold.train) == {(0, 0, 0), (1, 2, 0)}
    assert np.flatnonzero(fold.candidates).tolist() == [1]


def test_cold_items_that_leave_nothing_are_refused() -> None:
    rows = [(0, 0, 0, 1, ""), (0, 1, 0, 1, "")]
    with pytest.raises(UsageError, match="none of the cold items"):
        split_once(ColdItemSplit(("i5",)), rows)
    with pytest.raises(UsageError, match="nothing is left to train on"):
        split_once(ColdItemSplit(("i0", "i1")), rows)


def test_cold_items_are_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "cold.csv"
    file.write_text("item,fold\n1,test\n2,tune\n3,test\n")
    assert read_cold_items(file) == ("1", "2", "3")
    assert read_cold_items(file, "test") == ("1", "3")


@pytest.mark.parametrize(
    ("content", "fold", "message"),
    [
        (None, None, "cannot read .*: No such file"),
        (b"id\n1\n", None, "no column 'item'; it has: id"),
        (b"item\n1\n", "test", "no column 'fold'; it has: item"),
        (b"", None, "no column 'item'; it has: none"),
        (b"item\n\xe9\n", None, "not a CSV file in UTF-8"),
    ],
)
def test_a_bad_file_of_cold_items(
    tmp_path: Path, content: bytes | None, fold: str | None, message: str
) -> None:
    file = tmp_path / "cold.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_cold_items(file, fold)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(0, 0, 0, 1, "train"), (0, 1, 0, 1, "test")], "files"),
        ([(0, 0, 0, 1, "0"), (0, 1, 0, 1, "1")], "kfold"),
        ([(0, 0, 0, 1, "0"), (0, 1, 0, 1, "")], "chronological"),
        ([(0, 0, 0, 1, "0"), (0, 1, 0, 1, "0")], "chronological"),
        ([(0, 0, 0, 1, ""), (0, 1, 0, NO_TIME, ""), (0, 1, 1, 1, "test")], "random"),
    ],
)
def test_the_split_that_data_ask_for(rows: list[Row], expected: str) -> None:
    assert suit_split(dataset(rows)) == expected


histories = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.integers(0, 9),
        st.sampled_from([0, 0, 0, 1]),
        st.integers(0, 5),
        st.sampled_from(["", "train", "valid", "test", "0", "1"]),
    ),
    unique_by=lambda row: row[:3],
    max_size=40,
)

SPLITS: list[Split] = [
    FileSplit(),
    RandomSplit(0.3),
    ChronologicalSplit(0.3),
    KFoldSplit(3),
    ColdItemSplit(test_share=0.3),
]


@pytest.mark.parametrize("split", SPLITS, ids=lambda split: type(split).__name__)
@settings(deadline=None)  # the first call of a library is slow
@given(rows=histories, seed=st.integers(0, 3))
def test_laws_of_every_split(split: Split, rows: list[Row], seed: int) -> None:
    data = dataset(rows)
    try:
        folds = list(split(data, np.random.default_rng(seed)))
    except UsageError:
        return
    everything = pairs(data.feedback)
    for fold in folds:
        train, test = pairs(fold.train), pairs(fold.test)
        valid = pairs(fold.valid) if fold.valid is not None else set()
        assert test
        assert any(kind == 0 for _, _, kind in train)
        assert all(kind == 0 for _, _, kind in test)
        assert not train & valid
        assert train | valid | test <= everything
        held_out = {(user, item) for user, item, _ in test}
        assert not held_out & {(user, item) for user, item, _ in train | valid}
        assert {p for p in everything if p[2] == 0} <= train | valid | test
        assert set(fold.train.split) <= {""}
        for part in (fold.train, fold.test):
            order = np.lexsort((part.type, part.item, part.at, part.user))
            assert (order == np.arange(len(part))).all()


@settings(deadline=None)  # the first call of a library is slow
@given(rows=histories, seed=st.integers(0, 3))
def test_each_positive_is_in_the_test_of_one_random_fold(rows: list[Row], seed: int) -> None:
    data = dataset([(*row[:4], "") for row in rows])
    try:
        folds = list(KFoldSplit(3)(data, np.random.default_rng(seed)))
    except UsageError:
        return
    tested = [pair for fold in folds for pair in pairs(fold.test)]
    assert sorted(tested) == sorted(pair for pair in pairs(data.feedback) if pair[2] == 0)
    for user in range(5):
        sizes = [int((fold.test.user == user).sum()) for fold in folds]
        sizes += [0] * (3 - len(sizes))
        assert max(sizes) - min(sizes) <= 1


@settings(deadline=None)  # the first call of a library is slow
@given(rows=histories)
def test_a_chronological_test_is_never_before_the_training(rows: list[Row]) -> None:
    data = dataset(rows)
    try:
        (fold,) = ChronologicalSplit(0.3)(data, np.random.default_rng(0))
    except UsageError:
        return
    for user in np.unique(fold.test.user):
        first = fold.test.at[fold.test.user == user].min()
        known = fold.train.at[fold.train.user == user]
        assert (known <= first).all()
