"""Triples: who becomes one, under which number, and how they are split."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.triples import Triples, Vocabulary, make_triples, split_triples
from graph.dataset import Dataset, Facts, Feedback, Words
from graph.errors import DataError, UsageError


def words(*given: str) -> np.ndarray:
    return np.array(given, dtype=object)


def facts(*pairs: tuple[int, int]) -> Facts:
    source, entity = np.array(pairs, dtype=np.int32).reshape(-1, 2).T
    return Facts(source, entity, np.ones(len(pairs)))


def small() -> Dataset:
    """Items 7, 8, 9, users 7, 8; item 9 has no fact; one of three ratings is held out."""
    return Dataset(
        users=words("7", "8"),
        items=words("7", "8", "9"),
        entities=words("ann", "bob", "nurse"),
        feedback_types=("LIKED", "VIEWED"),
        feedback=Feedback(
            user=np.array([0, 0, 1], dtype=np.int32),
            item=np.array([0, 2, 1], dtype=np.int32),
            type=np.array([0, 0, 1], dtype=np.int16),
            value=np.ones(3),
            at=np.zeros(3, dtype=np.int64),
            split=words("", "test", "train"),
        ),
        item_facts={"DIRECTED_BY": facts((1, 1), (0, 0), (0, 0)), "HAS_CAST": facts((0, 1))},
        user_facts={"WORKS_AS": facts((0, 2))},
        words=Words(
            words("Seven", "Eight", "Nine"), words("", "", ""), words("Ann", "Bob", "Nurse")
        ),
    )


def named(triples: Triples) -> set[tuple[str, str, str, str, str]]:
    """The triples as (label, id, relation, label, id)."""
    v = triples.vocabulary
    return {
        (v.labels[h], v.ids[h], v.relations[r], v.labels[t], v.ids[t])
        for h, r, t in triples.array().tolist()
    }


FACTS = {
    ("Item", "7", "DIRECTED_BY", "Entity", "ann"),
    ("Item", "8", "DIRECTED_BY", "Entity", "bob"),
    ("Item", "7", "HAS_CAST", "Entity", "bob"),
    ("User", "7", "WORKS_AS", "Entity", "nurse"),
}


def test_facts_alone_become_triples_and_each_once() -> None:
    triples = make_triples(small())
    assert named(triples) == FACTS
    assert len(triples) == len(FACTS)


def test_an_item_and_a_user_of_one_id_are_two_nodes_and_nodes_without_triple_have_none() -> None:
    vocabulary = make_triples(small()).vocabulary
    items = vocabulary.rows("Item", words("7", "8", "9"))
    users = vocabulary.rows("User", words("7", "8"))
    assert items[2] == -1
    assert users[1] == -1
    assert len({*items[:2], users[0]}) == 3
    assert vocabulary.names[items[0]] == "Seven"


@pytest.mark.parametrize(
    ("feedback", "expected"),
    [
        (True, {("User", "7", "LIKED", "Item", "7"), ("User", "8", "VIEWED", "Item", "8")}),
        (("VIEWED",), {("User", "8", "VIEWED", "Item", "8")}),
        ((), set()),
    ],
)
def test_feedback_counts_where_asked_for_and_held_out_feedback_never(
    feedback: bool | tuple[str, ...], expected: set[tuple[str, str, str, str, str]]
) -> None:
    assert named(make_triples(small(), feedback=feedback)) == FACTS | expected


def test_only_the_feedback_that_training_passes_becomes_triples() -> None:
    dataset = small()
    fit = dataset.with_feedback(dataset.feedback.take(np.array([2])))
    assert named(make_triples(fit, feedback=True)) - FACTS == {("User", "8", "VIEWED", "Item", "8")}


def test_an_unknown_type_of_feedback_is_told_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="'LOVED'; known: LIKED, VIEWED"):
        make_triples(small(), feedback=("LOVED",))


def test_a_graph_without_facts_has_no_triples() -> None:
    empty = make_triples(replace(small(), item_facts={}, user_facts={}))
    assert (len(empty), empty.n_nodes, empty.n_relations) == (0, 0, 0)


def test_the_fingerprint_follows_triples_and_ids_but_not_the_order_of_facts() -> None:
    dataset = small()
    turned = replace(
        dataset,
        item_facts={"HAS_CAST": facts((0, 1)), "DIRECTED_BY": facts((0, 0), (1, 1))},
    )
    renamed = replace(dataset, items=words("7", "80", "9"))
    one = make_triples(dataset).fingerprint
    assert make_triples(turned).fingerprint == one
    assert make_triples(renamed).fingerprint != one
    assert make_triples(dataset, feedback=True).fingerprint != one


def test_a_number_beyond_the_vocabulary_cannot_be_made() -> None:
    vocabulary = Vocabulary(words("Item"), words("7"), words(""), ("R",))
    with pytest.raises(ValueError, match="vocabulary"):
        Triples(np.array([0]), np.array([0]), np.array([1]), vocabulary)


@st.composite
def random_triples(draw: st.DrawFn) -> Triples:
    n, n_relations = draw(st.integers(2, 12)), draw(st.integers(1, 3))
    node, relation = st.integers(0, n - 1), st.integers(0, n_relations - 1)
    rows = sorted(draw(st.sets(st.tuples(node, relation, node), min_size=1, max_size=60)))
    heads, relations, tails = np.array(rows, dtype=np.int64).T
    labels = np.full(n, "Entity", dtype=object)
    ids = np.array([str(number) for number in range(n)], dtype=object)
    names = tuple(f"R{number}" for number in range(n_relations))
    return Triples(heads, relations, tails, Vocabulary(labels, ids, ids, names))


@given(random_triples(), st.floats(0.01, 0.99), st.integers(0, 5))
def test_a_split_has_every_triple_once_and_tests_only_what_was_seen(
    triples: Triples, share: float, rng: int
) -> None:
    try:
        split = split_triples(triples, share, rng)
    except DataError:
        return
    train, test = split.train.array(), split.test.array()
    assert sorted(map(tuple, np.vstack([train, test]))) == sorted(map(tuple, triples.array()))
    assert 1 <= len(test) <= max(1, round(share * len(triples)))
    assert set(test[:, [0, 2]].ravel()) <= set(train[:, [0, 2]].ravel())
    assert set(test[:, 1]) <= set(train[:, 1])
    again = split_triples(triples, share, rng)
    assert np.array_equal(again.test.array(), test)


def test_triples_that_hang_by_a_thread_are_not_held_back() -> None:
    with pytest.raises(DataError, match="none of the 4 triples"):
        split_triples(make_triples(small()), 0.5, 0)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1])
def test_a_share_outside_0_and_1_is_refused(share: float) -> None:
    with pytest.raises(UsageError, match="must be in"):
        split_triples(make_triples(small()), share, 0)
