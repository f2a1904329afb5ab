"""Training on small worlds whose structure is known, and on data that lacks nearly everything."""

from dataclasses import replace

import numpy as np
import pytest

from graph.dataset import NO_TIME, Dataset, Facts, Feedback, sort_feedback
from graph.errors import NotReadyError, ResourceError, UsageError
from recommender.learning.memory import available_bytes, require_dense
from recommender.learning.search import climb, is_better
from recommender.learning.settings import TrainingSettings
from recommender.learning.validation import feedback_rows, has_times, hold_back
from recommender.scoring import Scorer
from recommender.training import train

N_GROUPS = 3


def feedback_of(user, item, at=None, type=None, split=None):
    size = len(user)
    return sort_feedback(
        Feedback(
            np.asarray(user, dtype=np.int32),
            np.asarray(item, dtype=np.int32),
            np.asarray(np.zeros(size) if type is None else type, dtype=np.int16),
            np.ones(size),
            np.full(size, NO_TIME) if at is None else np.asarray(at, dtype=np.int64),
            np.array([""] * size if split is None else split, dtype=object),
        )
    )


def ids(prefix, count):
    return np.array([f"{prefix}{number:04}" for number in range(count)], dtype=object)


def dataset_of(feedback, *, users, items, entities=0, item_facts=None, user_facts=None, types=None):
    return Dataset(
        users=ids("u", users),
        items=ids("i", items),
        entities=ids("e", entities),
        feedback_types=types or ("LIKED",),
        feedback=feedback,
        item_facts=item_facts or {},
        user_facts=user_facts or {},
        fingerprint="f",
    )


def group_world(*, users=60, items=30, timed=True, seed=0):
    """Users of three groups like items of theirs; items 27-29 are new, and the facts tell."""
    rng = np.random.default_rng(seed)
    rows = [
        (user, item, moment)
        for user in range(users)
        for moment, item in enumerate(
            rng.permutation([i for i in range(items - 3) if i % N_GROUPS == user % N_GROUPS])[:6]
        )
    ]
    user, item, at = (list(column) for column in zip(*rows, strict=True))
    every = np.arange(items, dtype=np.int32)
    facts = Facts(every, (every % N_GROUPS).astype(np.int32), np.ones(items))
    everybody = np.arange(users, dtype=np.int32)
    traits = Facts(everybody, (N_GROUPS + everybody % N_GROUPS).astype(np.int32), np.ones(users))
    return dataset_of(
        feedback_of(user, item, at if timed else None),
        users=users,
        items=items,
        entities=2 * N_GROUPS,
        item_facts={"HAS": facts},
        user_facts={"IS": traits},
    )


def best_items(dataset, evidence, users, histories, n):
    scores = Scorer(evidence, dataset).scores(np.asarray(users, dtype=np.int32), histories)
    seen = feedback_rows(histories, (len(dataset.users), len(dataset.items))).toarray() > 0
    scores[seen[users]] = -np.inf
    return np.argsort(-scores, axis=1)[:, :n]


def test_suggestions_stay_in_the_users_group():
    dataset = group_world()
    evidence = train(dataset, TrainingSettings(), rng=0)
    users = np.arange(60)
    best = best_items(dataset, evidence, users, dataset.feedback, 3)
    assert (best % N_GROUPS == (users % N_GROUPS)[:, None]).all()


def test_new_items_are_reached_through_their_facts_alone():
    dataset = group_world()
    evidence = train(dataset, TrainingSettings(), rng=0)
    for relation, edges in evidence.item_edges.items():
        reaches = (edges.target >= 27).any()
        assert reaches == (relation in ("SHARES", "RESEMBLES"))
    scores = Scorer(evidence, dataset).scores(np.arange(3, dtype=np.int32), dataset.feedback)
    assert scores[:, 27:].argmax(axis=1).tolist() == [0, 1, 2]


def test_users_without_history_are_served_by_their_attributes():
    dataset = group_world()
    evidence = train(dataset, TrainingSettings(), rng=0)
    nothing = dataset.feedback.where(np.zeros(len(dataset.feedback), dtype=bool))
    best = best_items(dataset, evidence, [0, 1, 2], nothing, 5)
    assert (best % N_GROUPS == np.arange(3)[:, None]).all()


def test_what_comes_next_is_learned_from_order():
    """Everybody walks the same circle from another start: what lies ahead comes first."""
    size, length = 40, 12
    rows = [(user, (user + step) % size, step) for user in range(80) for step in range(length)]
    dataset = dataset_of(feedback_of(*zip(*rows, strict=True)), users=80, items=size)
    evidence = train(dataset, TrainingSettings(signals=("sequential",)), rng=0)
    assert list(evidence.item_edges) == ["FOLLOWED_BY"]
    best = best_items(dataset, evidence, np.arange(40), dataset.feedback, 3)
    steps_on = (best - np.arange(40)[:, None]) % size - length
    assert steps_on.max() < size / 4


def test_the_same_seed_gives_the_same_evidence():
    dataset = group_world()
    one, other = (train(dataset, TrainingSettings(), rng=7) for _ in range(2))
    assert one.recipe == other.recipe
    assert one.metrics == other.metrics
    for relation, edges in one.item_edges.items():
        np.testing.assert_array_equal(edges.weight, other.item_edges[relation].weight)


def test_held_out_rows_never_reach_training():
    dataset = group_world()
    rows = dataset.feedback
    split = rows.split.copy()
    split[::7] = "test"
    marked = dataset.with_feedback(replace(rows, split=split))
    without = dataset.with_feedback(rows.where(split != "test"))
    with_rows = train(marked, TrainingSettings(), rng=0)
    without_rows = train(without, TrainingSettings(), rng=0)
    assert with_rows.recipe == without_rows.recipe
    np.testing.assert_array_equal(with_rows.prior, without_rows.prior)


def test_validation_rows_are_trained_on_only_with_refit():
    dataset = group_world()
    rows = dataset.feedback
    split = rows.split.copy()
    split[rows.item == 0] = "valid"
    marked = dataset.with_feedback(replace(rows, split=split))
    kept = train(marked, TrainingSettings(), rng=0, refit=False)
    refitted = train(marked, TrainingSettings(), rng=0)
    assert kept.prior[0] == 0.0
    assert refitted.prior[0] > 0.0
    given = train(
        marked.with_feedback(marked.feedback.where(split == "")),
        TrainingSettings(),
        rng=0,
        validation=marked.feedback.where(split == "valid"),
        refit=False,
    )
    assert given.recipe == kept.recipe


def test_other_feedback_gets_a_weight_of_its_own():
    """Views tell the group, likes are too few to: only with the views is the next like found."""
    rng = np.random.default_rng(0)
    rows = []
    for user in range(90):
        mine = rng.permutation([item for item in range(60) if item % N_GROUPS == user % N_GROUPS])
        rows += [(user, item, moment, 0) for moment, item in enumerate(mine[:2])]
        rows += [(user, item, moment, 1) for moment, item in enumerate(mine[2:12])]
    user, item, at, kind = zip(*rows, strict=True)
    dataset = dataset_of(
        feedback_of(user, item, at, kind), users=90, items=60, types=("LIKED", "VIEWED")
    )
    evidence = train(dataset, TrainingSettings(), rng=0)
    assert evidence.recipe.type_weights["LIKED"] == 1.0
    assert "VIEWED" in evidence.recipe.type_weights


def test_settings_are_told_and_kept():
    told = []
    evidence = train(group_world(), TrainingSettings(), rng=0, report=told.append)
    assert any(line.startswith("mixture:") for line in told)
    assert evidence.settings["choices"]["mixture"]["thetas"]
    assert 0.0 <= evidence.metrics["validation"]["ndcg@10"]["mixture"] <= 1.0


def test_large_catalogues_take_the_sparse_method_and_say_so():
    told = []
    settings = TrainingSettings(max_dense_items=10)
    dataset = group_world()
    evidence = train(dataset, settings, rng=0, report=told.append)
    assert any("nearest neighbours" in line for line in told)
    best = best_items(dataset, evidence, np.arange(6), dataset.feedback, 2)
    assert (best % N_GROUPS == (np.arange(6) % N_GROUPS)[:, None]).all()


def test_memory_is_asked_for_before_it_is_taken():
    with pytest.raises(ResourceError, match="set max_dense_items to"):
        train(group_world(), TrainingSettings(memory_limit_bytes=1000), rng=0)
    require_dense(100, None)
    assert available_bytes() is None or available_bytes() > 0


def test_edges_are_no_more_than_asked_for():
    evidence = train(group_world(), TrainingSettings(edges_per_item=3), rng=0)
    assert np.bincount(evidence.item_edges["CO_LIKED"].source).max() <= 3


@pytest.mark.parametrize(
    "dataset",
    [
        dataset_of(feedback_of([0], [0]), users=1, items=1),
        dataset_of(feedback_of([0, 0], [0, 1]), users=1, items=3),
        dataset_of(feedback_of([0, 1, 2], [0, 1, 2]), users=3, items=4),
        replace(group_world(), item_facts={}),
        replace(group_world(), user_facts={}),
        replace(group_world(timed=False), item_facts={}, user_facts={}),
        dataset_of(
            feedback_of(np.repeat(np.arange(20), 5), np.tile(np.arange(5), 20)), users=20, items=5
        ),
        dataset_of(
            feedback_of(np.repeat(np.arange(20), 5), np.tile(np.arange(5), 20), np.arange(100)),
            users=25,
            items=9,
        ),
    ],
    ids=[
        "one row",
        "one user",
        "one item each",
        "no facts",
        "no attributes",
        "no times, no facts",
        "all popularity equal",
        "items and users without feedback",
    ],
)
def test_poor_data_still_gives_finite_evidence(dataset):
    evidence = train(dataset, TrainingSettings(), rng=0)
    users = np.arange(len(dataset.users), dtype=np.int32)
    scores = Scorer(evidence, dataset).scores(users, dataset.feedback)
    assert not np.isnan(scores).any()
    assert (scores < np.inf).all()


def test_without_feedback_there_is_one_sentence():
    nothing = dataset_of(feedback_of([], []), users=2, items=2)
    with pytest.raises(NotReadyError, match="whypath import"):
        train(nothing, TrainingSettings())
    only_views = dataset_of(feedback_of([0], [0], type=[1]), users=1, items=1, types=("A", "B"))
    with pytest.raises(NotReadyError, match="no feedback to learn from"):
        train(only_views, TrainingSettings())


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"signals": ("colaborative",)}, "unknown signal 'colaborative'; known: collaborative"),
        ({"signals": ()}, "no signal to learn"),
        ({"validation": "later"}, "unknown validation 'later'"),
        ({"edges_per_item": 0}, "edges_per_item is 0"),
    ],
)
def test_wrong_settings_are_refused(wrong, sentence):
    with pytest.raises(UsageError, match=sentence):
        TrainingSettings(**wrong)


def test_the_latest_feedback_is_held_back_where_times_exist():
    feedback = feedback_of([0] * 10 + [1], [*range(10), 0], [*range(10), 5])
    held = hold_back(feedback, chronological=True, rng=np.random.default_rng(0))
    assert feedback.item[held].tolist() == [8, 9]
    assert has_times(feedback)
    assert not has_times(feedback_of([0, 0, 1, 1], [0, 1, 0, 1], [5, 5, 5, 5]))
    assert not has_times(feedback_of([0, 0], [0, 1]))


def test_a_climb_needs_more_than_noise():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=200)
    assert not is_better(noise - noise.mean(), np.zeros(200))
    assert is_better(np.full(200, 0.1), np.zeros(200))
    best, _ = climb(
        0, [lambda value: (value - 1, value + 1)], lambda v: np.full(9, -abs(v - 3.0)), rounds=9
    )
    assert best == 3
