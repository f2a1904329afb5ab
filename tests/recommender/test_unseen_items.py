"""Items without feedback: how they are scored, and that serving gives them these scores."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from graph.dataset import Dataset, Facts, Feedback, Words, sort_feedback
from recommender.history import latest_first, type_strength, weigh
from recommender.kernels.factors import FactorChoice, fit_factors
from recommender.learning.assembly import DAMPING, Assembly, Choices
from recommender.learning.blocks import amounts
from recommender.learning.collaborative import CollaborativeChoice
from recommender.learning.mixing import Mixture
from recommender.learning.sequential import SequentialChoice
from recommender.learning.settings import SIGNALS, TrainingSettings
from recommender.learning.unseen import DAMPINGS, Knowledge, UnseenChoice, fit_popularity_model
from recommender.recipe import RELATION_OF_SIGNAL, SignalRecipe
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


def test_the_damping_learned_for_content_is_the_one_that_serves() -> None:
    evidence = train(films({0}), TrainingSettings(), rng=0)
    learned = evidence.settings["choices"]["unseen"]["damping"]
    assert learned in DAMPINGS
    served = {signal.relation: signal.damping for signal in evidence.recipe.signals}
    assert served.pop("SHARES") == served.pop("RESEMBLES") == learned
    assert set(served.values()) == {DAMPING}


@pytest.mark.parametrize("damping", DAMPINGS)
def test_only_content_has_a_damping_of_its_own(damping: float) -> None:
    assembly = Assembly(films({0}), SIGNALS, 100, 1_000, 1_000)
    choices = Choices(
        CollaborativeChoice(),
        SequentialChoice(),
        {},
        Mixture({}),
        unseen=UnseenChoice(1.0, {"DIRECTED_BY": 1.0}, damping=damping),
    )
    found = {
        name: assembly.signal_recipe(name, 1.0, choices).damping for name in RELATION_OF_SIGNAL
    }
    assert found.pop("knowledge") == found.pop("semantic") == damping
    assert set(found.values()) == {DAMPING}


def test_amounts_hold_the_products_of_relations() -> None:
    dataset = films(set())
    directed = dataset.item_facts["DIRECTED_BY"]
    half = Facts(directed.source[::2], directed.entity[::2], directed.weight[::2])
    dataset = replace(dataset, item_facts={"DIRECTED_BY": directed, "HAS_CAST": half})
    one = np.log(2.0)
    expected = [one, one, one * one, one * one, one * one]
    np.testing.assert_allclose(amounts(dataset)[0], expected, rtol=1e-6)
    np.testing.assert_allclose(amounts(dataset)[1], [one, 0.0, one * one, 0.0, 0.0], rtol=1e-6)


def test_popularity_that_only_two_amounts_together_tell_is_predicted() -> None:
    rng = np.random.default_rng(0)
    n_items = 400
    plain = np.log1p(rng.integers(0, 2, (n_items, 2))).astype(np.float32)
    facts = {
        name: Facts(source, np.zeros(len(source), np.int32), np.ones(len(source)))
        for name, column in (("A", 0), ("B", 1))
        for source in [np.flatnonzero(plain[:, column]).astype(np.int32)]
    }
    dataset = replace(films(set()), items=np.arange(n_items).astype(str).astype(object))
    known = Knowledge(csr_array((n_items, 0)), {}, amounts(replace(dataset, item_facts=facts)))
    differs = plain.astype(bool)[:, 0] != plain.astype(bool)[:, 1]
    predicted = fit_popularity_model(known, {}, np.where(differs, 50, 2)).predict(known)
    assert predicted[differs].min() > predicted[~differs].max() + 1.0


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
