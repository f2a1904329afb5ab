"""Items without feedback: how they are scored, and that serving gives them these scores."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from graph.dataset import Dataset, Facts, Feedback, Words, sort_feedback
from recommender.history import latest_first, type_strength, weigh
from recommender.kernels.factors import FactorChoice, fit_factors
from recommender.learning.settings import TrainingSettings
from recommender.recipe import SignalRecipe
from recommender.scoring import Scorer
from recommender.training import train

GROUPS, EACH, USERS = 6, 8, 60
ITEMS = GROUPS * EACH


def films(unseen: set[int]) -> Dataset:
    """Six directors with eight films each; a user likes those of one director, and two others.

    A film in `unseen` has no feedback.
    """
    rng = np.random.default_rng(3)
    pairs = []
    for user in range(USERS):
        own = user % GROUPS * EACH + rng.permutation(EACH)[:5]
        others = rng.integers(ITEMS, size=2)
        pairs.extend((user, item) for item in {*own.tolist(), *others.tolist()} - unseen)
    user, item = np.array(pairs, dtype=np.int32).T
    feedback = Feedback(
        user=user.copy(),
        item=item.copy(),
        type=np.zeros(len(user), np.int16),
        value=np.ones(len(user)),
        at=rng.integers(1_000_000, size=len(user)),
        split=np.full(len(user), "", dtype=object),
    )
    source = np.arange(ITEMS, dtype=np.int32)
    directed = Facts(source, (source // EACH).astype(np.int32), np.ones(ITEMS))
    nothing = np.full(ITEMS, "", dtype=object)
    return Dataset(
        users=np.array([f"u{number:02}" for number in range(USERS)], dtype=object),
        items=np.array([f"i{number:02}" for number in range(ITEMS)], dtype=object),
        entities=np.array([f"d{number}" for number in range(GROUPS)], dtype=object),
        feedback_types=("LIKED",),
        feedback=sort_feedback(feedback),
        item_facts={"DIRECTED_BY": directed},
        user_facts={},
        words=Words(
            nothing,
            nothing,
            np.array([f"Director {number}" for number in range(GROUPS)], dtype=object),
            np.full(GROUPS, "Person", dtype=object),
        ),
        fingerprint="films",
    )


def test_unseen_films_of_the_own_director_come_first_among_unseen_ones() -> None:
    unseen = {group * EACH for group in range(GROUPS)}
    dataset = films(unseen)
    evidence = train(dataset, TrainingSettings(), rng=0)
    scores = Scorer(evidence, dataset).scores(np.arange(USERS, dtype=np.int32), dataset.feedback)
    first = sorted(unseen)
    best = np.argmax(scores[:, first], axis=1)
    own = np.arange(USERS) % GROUPS
    assert float((best == own).mean()) > 0.9


def test_what_was_learned_of_unseen_items_stands_in_the_settings() -> None:
    dataset = films({0})
    evidence = train(dataset, TrainingSettings(), rng=0)
    unseen = evidence.settings["choices"]["unseen"]
    assert unseen["quality"]["all"] > 0.5
    assert evidence.content is not None
    assert set(evidence.content.signals) == {"SHARES", "RESEMBLES"}


def test_the_prior_of_an_unseen_item_is_0() -> None:
    evidence = train(films({0, 9}), TrainingSettings(), rng=0)
    assert np.flatnonzero(evidence.prior == 0.0).tolist() == [0, 9]


@pytest.mark.parametrize("damping", [0.0, 0.5])
def test_a_users_vector_is_the_weighted_sum_of_the_history(damping: float) -> None:
    dataset = films(set())
    rows = csr_array(
        (np.ones(len(dataset.feedback)), (dataset.feedback.user, dataset.feedback.item)),
        shape=(USERS, ITEMS),
    )
    factors = fit_factors(rows, FactorChoice(8, 5.0, 5.0), damping, seed=1)
    history = latest_first(dataset.feedback, ("LIKED",), 100)
    strength = type_strength(history, ("LIKED",), {"LIKED": 1.0})
    weights = weigh(history, strength, SignalRecipe("FACTORS", 1.0, None, damping), (USERS, ITEMS))
    scores = (weights @ factors.sources) @ factors.targets.T
    own = np.arange(ITEMS)[None, :] // EACH == np.arange(USERS)[:, None] % GROUPS
    assert scores[own].mean() > 3 * abs(scores[~own].mean())


def test_items_without_feedback_have_no_factors() -> None:
    rows = csr_array(np.eye(6, 7))
    factors = fit_factors(rows, FactorChoice(4, 1.0, 5.0), 0.5, seed=0)
    assert not factors.targets[6].any()
    assert not factors.sources[6].any()
    assert factors.targets[:6].any()
