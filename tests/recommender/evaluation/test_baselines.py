"""Baselines against their definitions on tiny matrices, and against the figures of public peers."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from graph.dataset import Dataset, Facts, Feedback
from graph.errors import ResourceError
from recommender.evaluation.baselines import (
    ImplicitALS,
    ItemKNN,
    MostPopular,
    RandomOrder,
    WithPopularityForNewUsers,
    describe,
    tuning_grid,
)
from recommender.evaluation.full_ease import FullEASE
from recommender.evaluation.metrics import find_hits, score_lists, top_items
from recommender.evaluation.settings import BASELINES
from recommender.evaluation.shared_facts import SharedFacts, fact_vectors

ROWS = csr_array(
    np.array(
        [
            [1, 1, 0, 0, 0],
            [1, 1, 1, 0, 0],
            [0, 1, 1, 0, 0],
            [0, 0, 0, 1, 1],
        ],
        dtype=float,
    )
)
USERS = np.arange(4)
DATA = Path(__file__).parents[3].parent / "shared" / "data"


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As `evaluate` does; implicit warns of a BLAS with more threads."""
    with threadpool_limits(limits=1):
        yield


FEEDBACK = Feedback(*(np.zeros(0, dtype=kind) for kind in ("i4", "i4", "i2", "f8", "i8", "O")))
FILMS = Dataset(
    users=np.array(["a", "b", "c", "d"], dtype=object),
    items=np.array(["0", "1", "2", "3", "4"], dtype=object),
    entities=np.array(["crime", "pacino", "year"], dtype=object),
    feedback_types=("LIKED",),
    feedback=FEEDBACK,
    item_facts={
        "HAS_GENRE": Facts(np.array([0, 1, 3]), np.array([0, 0, 0]), np.ones(3)),
        "HAS_CAST": Facts(np.array([0, 4]), np.array([1, 1]), np.ones(2)),
        "MADE": Facts(np.arange(5), np.full(5, 2), np.ones(5)),
    },
    user_facts={},
)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_most_popular_counts_holders() -> None:
    scores = MostPopular()(ROWS, rng()).scores(USERS)
    assert scores.tolist() == [[2.0, 3.0, 2.0, 1.0, 1.0]] * 4


def test_item_knn_is_the_cosine_of_columns() -> None:
    dense = ROWS.toarray()
    norms = np.linalg.norm(dense, axis=0)
    expected = dense @ (dense.T @ dense / np.outer(norms, norms))
    scores = ItemKNN(neighbours=5)(ROWS, rng()).scores(USERS)
    np.testing.assert_allclose(scores, expected, atol=1e-6)


def test_item_knn_keeps_the_nearest_only() -> None:
    scores = ItemKNN(neighbours=1)(ROWS, rng()).scores(USERS)
    # item 1 is nearest to item 0 and to item 2; item 0 and 2 are half as alike
    assert scores[0, 2] == pytest.approx(2 / np.sqrt(6))


def test_ials_finds_the_two_groups_and_repeats_itself() -> None:
    config = ImplicitALS(factors=4, regularization=0.1, confidence=10.0)
    scores = config(ROWS, rng()).scores(USERS)
    assert scores[0, 2] > scores[0, 3]
    assert scores[2, 0] > scores[2, 4]
    np.testing.assert_array_equal(scores, config(ROWS, rng()).scores(USERS))


def test_random_order_does_not_depend_on_the_batch() -> None:
    ranker = RandomOrder()(ROWS, rng())
    whole = ranker.scores(USERS)
    np.testing.assert_array_equal(whole[[3, 1]], ranker.scores(np.array([3, 1])))
    assert len(np.unique(whole)) == whole.size


def slow_ease(dense: NDArray[np.float64], regularization: float) -> NDArray[np.float64]:
    inverse = np.linalg.inv(dense.T @ dense + regularization * np.eye(dense.shape[1]))
    kernel = inverse / -np.diag(inverse)
    np.fill_diagonal(kernel, 0.0)
    return dense @ kernel


@settings(deadline=None)  # the first call of a library is slow
@given(
    dense=hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 9), st.integers(1, 9)),
        elements=st.sampled_from([0.0, 0.0, 1.0]),
    ),
    regularization=st.sampled_from([0.5, 10.0, 250.0]),
)
def test_ease_is_the_published_formula_on_either_side(
    dense: NDArray[np.float64], regularization: float
) -> None:
    users = np.arange(len(dense))
    scores = FullEASE(regularization)(csr_array(dense), rng()).scores(users)
    np.testing.assert_allclose(scores, slow_ease(dense, regularization), atol=1e-4)


def test_shared_facts_are_the_cosine_of_rare_entities() -> None:
    rows = csr_array(np.array([[1.0, 0, 0, 0, 0], [0, 0, 1.0, 0, 0]]))
    scores = SharedFacts(fact_vectors(FILMS))(rows, rng()).scores(np.array([0, 1]))
    genre, actor = np.log(5 / 3), np.log(5 / 2)
    length = np.hypot(genre, actor)
    expected = [1.0, genre / length, 0.0, genre / length, actor / length]
    np.testing.assert_allclose(scores[0], expected)
    # what every item has says nothing, and item 2 has nothing else
    np.testing.assert_allclose(scores[1], np.zeros(5))


def test_ease_takes_no_more_memory_than_allowed() -> None:
    with pytest.raises(ResourceError, match="dense matrix of 4 x 4 numbers"):
        FullEASE(max_side=3)(ROWS, rng())


def test_new_users_get_the_most_popular() -> None:
    rows = csr_array(np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]))
    ranker = WithPopularityForNewUsers(FullEASE()(rows, rng()), rows)
    assert ranker.scores(np.array([1])).tolist() == [[1.0, 1.0, 0.0]]
    np.testing.assert_allclose(
        ranker.scores(np.array([0])), FullEASE()(rows, rng()).scores(np.array([0]))
    )


@pytest.mark.parametrize("name", BASELINES)
def test_every_grid_is_of_one_model_and_can_be_fitted(name: str) -> None:
    grid = tuning_grid(name, FILMS, max_side=10, threads=1)
    assert len({config.label for config in grid}) == 1
    assert len({tuple(describe(config).items()) for config in grid}) == len(grid)
    scores = grid[0](ROWS, rng()).scores(USERS)
    assert scores.shape == (4, 5)


def read_pairs(file: Path, user: str, item: str) -> list[tuple[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return [(row[user], row[item]) for row in csv.DictReader(lines)]


class Published:
    """A published data set as matrices, to hold metrics and baselines against known figures."""

    def __init__(self, folder: str, user: str, item: str) -> None:
        if not (DATA / folder).is_dir():
            pytest.skip(f"{DATA / folder} is missing")
        names = ("train", "valid", "test")
        parts = {name: read_pairs(DATA / folder / f"{name}.csv", user, item) for name in names}
        every = [pair for part in parts.values() for pair in part]
        users = {name: place for place, name in enumerate(sorted({pair[0] for pair in every}))}
        items = {name: place for place, name in enumerate(sorted({pair[1] for pair in every}))}
        self.train, self.valid, self.test = (
            csr_array(
                (
                    np.ones(len(part)),
                    ([users[user] for user, _ in part], [items[item] for _, item in part]),
                ),
                shape=(len(users), len(items)),
            )
            for part in parts.values()
        )

    def ndcg(self, scores: NDArray[np.floating], k: int = 10) -> float:
        relevant = self.test.toarray() > 0
        tested = relevant.any(axis=1)
        allowed = (self.train + self.valid).toarray() == 0
        hits = find_hits(top_items(scores, allowed, k), relevant)[tested]
        return float(score_lists(hits, relevant.sum(axis=1)[tested], [k])["ndcg"].mean())


@pytest.mark.data
def test_ease_of_a_public_peer_on_ml_100k() -> None:
    data = Published("ml-100k", "user", "item")
    ranker = FullEASE(regularization=250.0)(data.train, rng())
    scores = ranker.scores(np.arange(data.train.shape[0]))
    assert data.ndcg(scores) == pytest.approx(0.2372, abs=0.0003)
    assert data.ndcg(scores, k=20) == pytest.approx(0.2730, abs=0.0003)


@pytest.mark.data
def test_most_popular_of_a_public_peer_on_ml_1m() -> None:
    data = Published("ml-1m", "user_id", "item_id")
    known = data.train + data.valid
    scores = MostPopular()(known, rng()).scores(np.arange(known.shape[0]))
    assert data.ndcg(scores) == pytest.approx(0.1104, abs=1e-4)


@pytest.mark.data
def test_most_popular_and_ease_of_the_published_folds() -> None:
    """Means over the users of a fold, then over ten folds: .1253 and, with lambda 500, .2839."""
    file = DATA / "ml-latest-small" / "interactions.csv"
    if not file.is_file():
        pytest.skip(f"{file} is missing")
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    users, user = np.unique([row["user_id"] for row in rows], return_inverse=True)
    items, item = np.unique([row["item_id"] for row in rows], return_inverse=True)
    fold = np.array([int(row["fold"]) for row in rows])

    def matrix(where: NDArray[np.bool_]) -> csr_array:
        ones = np.ones(int(where.sum()))
        return csr_array((ones, (user[where], item[where])), shape=(len(users), len(items)))

    found: dict[str, list[float]] = {"popular": [], "ease": []}
    for k in range(10):
        known, relevant = matrix(fold != k), matrix(fold == k).toarray() > 0
        tested = np.flatnonzero(relevant.any(axis=1))
        allowed = known[tested].toarray() == 0
        for name, config in (("popular", MostPopular()), ("ease", FullEASE(500.0))):
            top = top_items(config(known, rng()).scores(tested), allowed, 10)
            hits = find_hits(top, relevant[tested])
            values = score_lists(hits, relevant[tested].sum(axis=1), [10])
            found[name].append(float(values["ndcg"].mean()))
    assert np.mean(found["popular"]) == pytest.approx(0.1253, abs=0.0003)
    assert np.mean(found["ease"]) == pytest.approx(0.2839, abs=0.0003)
