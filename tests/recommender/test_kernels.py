"""Each kernel against its definition, written out slowly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from graph.dataset import Facts
from recommender.kernels.cut import fit_again, renumber, strongest
from recommender.kernels.fact_rows import fact_rows, rows_by_relation
from recommender.kernels.factors import FactorChoice, fit_factors
from recommender.kernels.linear_autoencoder import fit_linear_autoencoder, gram
from recommender.kernels.neighbours import fit_neighbours
from recommender.kernels.popularity import fit_popularity
from recommender.kernels.profile import STRENGTH, fit_profile
from recommender.kernels.sequential import Moments, Window, accumulate, fit_sequential
from recommender.kernels.shared_facts import fact_vectors, fit_shared_facts


def random_rows(seed: int, users: int = 40, items: int = 12) -> csr_array:
    rng = np.random.default_rng(seed)
    return csr_array((rng.random((users, items)) < 0.3).astype(float))


def dense_of(edges, size):
    matrix = np.zeros((size, size))
    matrix[edges.source, edges.target] = edges.weight
    return matrix


def test_linear_autoencoder_is_the_constrained_ridge_solution():
    rows = random_rows(0)
    kernel = fit_linear_autoencoder(gram(rows), 5.0)
    dense = rows.toarray()
    for target in range(dense.shape[1]):
        others = [item for item in range(dense.shape[1]) if item != target]
        left = dense[:, others]
        expected = np.linalg.solve(
            left.T @ left + 5.0 * np.eye(len(others)), left.T @ dense[:, target]
        )
        np.testing.assert_allclose(kernel[others, target], expected, atol=1e-4)
    assert np.all(np.diag(kernel) == 0.0)


def test_linear_autoencoder_serves_an_item_that_nobody_touched():
    rows = csr_array(np.array([[1.0, 0.0], [1.0, 0.0]]))
    kernel = fit_linear_autoencoder(gram(rows), 1.0)
    assert np.isfinite(kernel).all()
    assert kernel[0, 1] == 0.0


def slow_moments(histories, size, window):
    past, cross = np.zeros((size, size)), np.zeros((size, size))
    for history in histories:
        for position in range(len(history)):
            row, target = np.zeros(size), np.zeros(size)
            for age in range(1, min(window.past, position) + 1):
                row[history[position - age]] += np.exp(-(age - 1) / window.past_decay)
            for ahead in range(min(window.ahead, len(history) - position)):
                target[history[position + ahead]] += np.exp(-ahead / window.next_decay)
            past += np.outer(row, row)
            cross += np.outer(row, target)
    return past, cross


@given(
    histories=st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=12), max_size=5),
    past=st.integers(1, 6),
    ahead=st.integers(1, 6),
)
@settings(deadline=None, max_examples=60)
def test_moments_are_those_of_the_rows_that_are_never_built(histories, past, ahead):
    window = Window(3.0, 4.0, past, ahead)
    user = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
    item = np.array([item for history in histories for item in history], dtype=np.int32)
    moments = accumulate(user.astype(np.int32), item, 6, window)
    expected_past, expected_cross = slow_moments(histories, 6, window)
    np.testing.assert_allclose(moments.past, expected_past, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(moments.cross, expected_cross, rtol=1e-4, atol=1e-5)


def test_sequential_kernel_points_forward():
    user = np.repeat(np.arange(30), 3).astype(np.int32)
    item = np.tile([0, 1, 2], 30).astype(np.int32)
    kernel = fit_sequential(accumulate(user, item, 4, Window()), 1.0)
    assert kernel[0, 1] > 0.1
    assert kernel[1, 2] > 0.1
    assert abs(kernel[2, 0]) < 1e-6
    assert np.all(np.diag(kernel) == 0.0)


def test_a_matrix_that_cannot_be_inverted_is_refused():
    nothing = np.zeros((3, 3), dtype=np.float32)
    with pytest.raises(ValueError, match="raise the regularisation"):
        fit_linear_autoencoder(nothing, 0.0)
    with pytest.raises(ValueError, match="raise the regularisation"):
        fit_sequential(Moments(nothing, nothing), 0.0)


def test_the_cut_keeps_the_greatest_magnitudes_off_the_diagonal():
    kernel = np.array(
        [[9.0, 0.1, -0.5, 0.2], [0.3, 9.0, 0.0, 0.0], [0.0] * 4, [1.0, 2.0, 3.0, 9.0]],
        dtype=np.float32,
    )
    edges = strongest(kernel, 2)
    found = {(s, t) for s, t in zip(edges.source.tolist(), edges.target.tolist(), strict=True)}
    assert found == {(0, 2), (0, 3), (1, 0), (3, 1), (3, 2)}
    np.testing.assert_array_equal(edges.weight, kernel[edges.source, edges.target])


def test_the_cut_may_prefer_columns_that_vary_more():
    kernel = np.array([[0.0, 1.0, 0.9], [0.0, 0.0, 5.0], [0.0, 1.0, 0.0]], dtype=np.float32)
    assert strongest(kernel, 1).target.tolist()[0] == 1
    assert strongest(kernel, 1, 1.0).target.tolist()[0] == 2


def test_fitting_again_with_all_edges_gives_the_kernel_itself():
    covariance = gram(random_rows(1))
    kernel = fit_linear_autoencoder(covariance, 5.0)
    edges = fit_again(strongest(kernel, len(kernel)), covariance, 5.0)
    np.testing.assert_allclose(dense_of(edges, len(kernel)), kernel, atol=1e-3)


def test_fitting_again_loses_less_than_the_cut():
    rows = random_rows(2, users=200, items=30)
    covariance = gram(rows)
    kernel = fit_linear_autoencoder(covariance, 5.0)
    cut = strongest(kernel, 4)
    again = fit_again(cut, covariance, 5.0)
    dense = rows.toarray()

    def loss(edges):
        matrix = dense_of(edges, 30)
        return np.square(dense - dense @ matrix).sum() + 5.0 * np.square(matrix).sum()

    assert loss(again) < loss(cut)


def test_renumbered_edges_name_items_of_the_whole_catalogue():
    edges = strongest(np.array([[0.0, 1.0], [2.0, 0.0]], dtype=np.float32), 1)
    moved = renumber(edges, np.array([4, 7], dtype=np.int32))
    assert moved.source.tolist() == [4, 7]
    assert moved.target.tolist() == [7, 4]


def make_facts(pairs, weight=1.0):
    source, entity = (np.array(column, dtype=np.int32) for column in zip(*pairs, strict=True))
    return Facts(source, entity, np.full(len(source), weight))


def test_fact_rows_leave_out_what_only_one_item_has_and_count_twice_as_once():
    rows = fact_rows(make_facts([(0, 5), (1, 5), (1, 5), (2, 6)]), 4)
    np.testing.assert_array_equal(rows.toarray(), [[1, 1, 0, 0]])


def test_a_relation_that_connects_nothing_is_left_out():
    nothing = Facts(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0))
    facts = {"EMPTY": nothing, "ONCE": make_facts([(0, 1)]), "TWICE": make_facts([(0, 1), (1, 1)])}
    assert list(rows_by_relation(facts, 3)) == ["TWICE"]


def test_shared_facts_add_up_by_relation_and_rarity():
    director = fact_rows(make_facts([(0, 0), (1, 0), (2, 1), (3, 1)]), 5)
    genre = fact_rows(make_facts([(0, 2), (1, 2), (2, 2), (3, 3), (4, 3)]), 5)
    vectors = {"DIRECTED_BY": fact_vectors(director), "HAS_GENRE": fact_vectors(genre)}
    weights = {"DIRECTED_BY": 2.0, "HAS_GENRE": 0.5}
    edges = fit_shared_facts(vectors, weights, 5, np.zeros(5, dtype=bool))
    kernel = dense_of(edges, 5)
    np.testing.assert_allclose(kernel, kernel.T)
    of_three, of_two = np.log(5 / 3) ** 2, np.log(5 / 2) ** 2
    np.testing.assert_allclose(kernel[0, 1], 2.0 * of_two + 0.5 * of_three, rtol=1e-6)
    np.testing.assert_allclose(kernel[0, 2], 0.5 * of_three, rtol=1e-6)
    np.testing.assert_allclose(kernel[0, 3], 0.0)


def test_untouched_items_keep_incoming_edges():
    facts = fact_rows(make_facts([(item, 0) for item in range(20)]), 20)
    vectors = {"HAS": fact_vectors(fact_rows(make_facts([(i, i % 2) for i in range(20)]), 20))}
    assert facts.shape == (1, 20)
    untouched = np.zeros(20, dtype=bool)
    untouched[19] = True
    edges = fit_shared_facts(vectors, {"HAS": 1.0}, 2, untouched)
    sources = edges.source[edges.target == 19]
    assert len(sources) >= 2
    assert 19 not in sources


def test_no_weight_no_edges():
    vectors = {"HAS": fact_vectors(fact_rows(make_facts([(0, 0), (1, 0)]), 3))}
    assert len(fit_shared_facts(vectors, {"HAS": 0.0}, 5, np.zeros(3, dtype=bool)).weight) == 0


def test_profile_is_a_smoothed_log_lift():
    rows = csr_array(np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]))
    traits = csr_array(np.array([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0] * 3]))
    edges = fit_profile(traits, rows, 10)
    lift = {
        (entity, item): weight
        for entity, item, weight in zip(
            edges.source.tolist(), edges.target.tolist(), edges.weight.tolist(), strict=True
        )
    }
    assert lift[0, 0] == pytest.approx(np.log((2 + STRENGTH / 2) / ((2 + STRENGTH) / 2)))
    assert lift[0, 1] < 0.0 < lift[1, 1]
    assert all(entity != 2 for entity, _ in lift)


def test_popularity_counts_and_leaves_untouched_items_at_nothing():
    prior = fit_popularity(np.array([0, 0, 2], dtype=np.int32), 4)
    np.testing.assert_allclose(prior, np.log([3.0, 1.0, 2.0, 1.0]))


def test_neighbours_are_items_of_the_same_users():
    rows = csr_array(np.kron(np.eye(2), np.ones((5, 3))))
    edges = fit_neighbours(rows, 2)
    assert np.all(edges.source // 3 == edges.target // 3)
    assert np.all(edges.source != edges.target)
    assert np.all(edges.weight > 0)


def test_factors_of_too_little_feedback_are_nothing_rather_than_noise():
    rows = csr_array(np.eye(6))
    factors = fit_factors(rows, FactorChoice(embedding_size=4), damping=0.5, seed=0)
    assert not factors.sources.any()
    assert not factors.targets.any()
