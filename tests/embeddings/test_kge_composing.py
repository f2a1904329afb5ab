"""An item's vector from its facts: the formula by hand, and what a new item gets."""

import numpy as np

from embeddings.kge.composing import compose, compose_relations, rarities, vectors_of
from embeddings.triples import Vocabulary
from embeddings.vectors import Vectors
from graph.dataset import Facts

ENTITIES = Vectors(
    np.array([[1, 0], [0, 1], [2, 2], [0, 0]], dtype=np.float32),
    np.array([True, True, True, False]),
)


def facts(*pairs: tuple[int, int]) -> Facts:
    source, entity = np.array(pairs, dtype=np.int32).reshape(-1, 2).T
    return Facts(source, entity, np.ones(len(pairs)))


CATALOGUE = {"BY": facts((0, 2), (1, 0)), "WITH": facts((0, 0), (0, 1), (1, 1), (2, 3))}


def test_an_item_is_the_mean_of_its_relations_each_weighted_by_rarity() -> None:
    rarity = rarities(CATALOGUE, n_items=4, n_entities=4)
    item = compose(ENTITIES, CATALOGUE, 4, rarity)
    rare, shared = np.log(4), np.log(2)  # entity 0 has one item, entity 1 has two
    cast = np.array([rare, shared]) / (rare + shared)
    np.testing.assert_allclose(item.values[0], (cast + np.array([2, 2])) / 2, rtol=1e-6)
    np.testing.assert_allclose(item.values[1], [0.5, 0.5], rtol=1e-6)
    assert item.is_known.tolist() == [True, True, False, False]


def test_a_new_item_gets_the_vector_it_would_have_had() -> None:
    rarity = rarities(CATALOGUE, n_items=4, n_entities=4)
    before = compose(ENTITIES, CATALOGUE, 4, rarity).values[0]
    new = {"BY": facts((0, 2)), "WITH": facts((0, 0), (0, 1)), "UNHEARD_OF": facts((0, 1))}
    np.testing.assert_array_equal(compose(ENTITIES, new, 1, rarity).values[0], before)


def test_relations_can_be_had_apart() -> None:
    rarity = rarities(CATALOGUE, n_items=4, n_entities=4)
    parts = compose_relations(ENTITIES, CATALOGUE, 4, rarity)
    assert sorted(parts) == ["BY", "WITH"]
    assert parts["BY"].is_known.tolist() == [True, True, False, False]
    np.testing.assert_allclose(parts["BY"].values[0], [2, 2])


def test_an_entity_that_every_item_has_says_nothing() -> None:
    everywhere = {"IN": facts((0, 0), (1, 0))}
    rarity = rarities(everywhere, n_items=2, n_entities=1)
    assert not compose(ENTITIES, everywhere, 2, rarity).is_known.any()


def test_vectors_come_in_the_order_asked_for() -> None:
    labels = np.array(["Item", "Entity", "Entity"], dtype=object)
    ids = np.array(["a", "a", "b"], dtype=object)
    vocabulary = Vocabulary(labels, ids, ids, ())
    nodes = np.array([[1, 1], [2, 2], [3, 3]], dtype=np.float32)
    asked = np.array(["b", "c", "a"], dtype=object)
    vectors = vectors_of(nodes, vocabulary, "Entity", asked)
    assert vectors.values.tolist() == [[3, 3], [0, 0], [2, 2]]
    assert vectors.is_known.tolist() == [True, False, True]
