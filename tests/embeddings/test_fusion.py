"""Fused vectors: what the ridge learns, and what an item without some parts gets."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from embeddings.fusion import fit_fusion, unit_rows


def make_blocks(n: int = 30, seed: int = 0) -> dict[str, object]:
    rng = np.random.default_rng(seed)
    facts = csr_array((rng.random((n, 12)) < 0.3).astype(np.float64))
    return {
        "facts": unit_rows(facts),
        "text": unit_rows(rng.normal(size=(n, 5)).astype(np.float32)),
    }


def dense(block: object) -> np.ndarray:
    return block.toarray() if isinstance(block, csr_array) else np.asarray(block)


def test_unit_rows_have_length_1_and_zeros_stay() -> None:
    rows = unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]], dtype=np.float32))
    np.testing.assert_allclose(rows, [[0.6, 0.8], [0.0, 0.0]], atol=1e-7)
    sparse = unit_rows(csr_array(np.array([[3.0, 4.0], [0.0, 0.0]])))
    np.testing.assert_allclose(sparse.toarray(), rows, atol=1e-7)


def test_the_maps_solve_the_ridge_regression() -> None:
    blocks, weights, regularization = make_blocks(), {"facts": 2.0, "text": 0.5}, 0.3
    targets = np.random.default_rng(1).normal(size=(20, 3))
    rows = np.arange(20)
    fusion = fit_fusion(blocks, weights, targets, rows, regularization)
    features = np.hstack([np.sqrt(weights[name]) * dense(blocks[name]) for name in sorted(blocks)])
    known = features[:20]
    ridge = known.T @ known + regularization * 2.5 * np.eye(features.shape[1])
    expected = features @ np.linalg.solve(ridge, known.T @ targets)
    np.testing.assert_allclose(fusion.vectors(blocks), expected, atol=1e-5)


def test_items_alike_in_what_tells_get_alike_vectors() -> None:
    blocks = {"director": unit_rows(csr_array(np.repeat(np.eye(4), 5, axis=0)))}
    targets = np.repeat(np.eye(4), 5, axis=0)[np.arange(20) % 5 < 4]
    rows = np.flatnonzero(np.arange(20) % 5 < 4)
    fusion = fit_fusion(blocks, {"director": 1.0}, targets, rows, 0.1)
    new = fusion.vectors(blocks)[np.arange(4) * 5 + 4]
    assert new.argmax(axis=1).tolist() == [0, 1, 2, 3]


def test_a_missing_part_adds_nothing() -> None:
    blocks = make_blocks()
    targets = np.random.default_rng(1).normal(size=(30, 3))
    fusion = fit_fusion(blocks, {"facts": 1.0, "text": 1.0}, targets, np.arange(30), 0.3)
    without = {**blocks, "text": np.zeros_like(dense(blocks["text"]))}
    np.testing.assert_allclose(
        fusion.vectors({"facts": blocks["facts"]}), fusion.vectors(without), atol=1e-6
    )


def test_a_block_of_weight_0_takes_no_part() -> None:
    blocks = make_blocks()
    targets = np.ones((30, 1))
    fusion = fit_fusion(blocks, {"facts": 1.0, "text": 0.0}, targets, np.arange(30), 0.3)
    assert sorted(fusion.maps) == ["facts"]


@pytest.mark.parametrize("regularization", [1e-3, 10.0])
def test_more_regularization_means_shorter_vectors(regularization: float) -> None:
    blocks = make_blocks()
    targets = np.random.default_rng(1).normal(size=(30, 3))
    weights = {"facts": 1.0, "text": 1.0}
    little = fit_fusion(blocks, weights, targets, np.arange(30), regularization)
    more = fit_fusion(blocks, weights, targets, np.arange(30), regularization * 5)
    assert np.linalg.norm(more.vectors(blocks)) < np.linalg.norm(little.vectors(blocks))
