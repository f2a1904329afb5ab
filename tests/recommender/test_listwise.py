"""Weights learned from lists: where the minimum is known, and how sure the fit is of it."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.learning.listwise import Floats, Lists, Penalty, fit_listwise, listwise_errors

TRUE = np.array([1.0, 0.4, 0.0])


def drawn(n_lists: int, rng: np.random.Generator, true: NDArray[np.float64] = TRUE) -> Lists:
    """Lists of 20 candidates, of which the model itself draws the relevant one."""
    features = rng.normal(size=(len(true), n_lists, 20)).astype(np.float32)
    noise = rng.gumbel(size=(n_lists, 20))
    picked = (np.tensordot(true, features, 1) + noise).argmax(axis=1)
    is_relevant = np.zeros((n_lists, 20), dtype=np.bool_)
    is_relevant[np.arange(n_lists), picked] = True
    return Lists(features, np.ones_like(is_relevant), is_relevant, np.arange(n_lists))


@dataclass
class Fit:
    """Weights and their standard errors."""

    weights: Floats
    errors: Floats


def fitted(lists: Lists, penalty: Penalty | None = None) -> Fit:
    given = penalty or Penalty.none(len(lists.features))
    weights = fit_listwise([lists], given)
    return Fit(weights, listwise_errors([lists], given, weights))


def test_the_weights_that_made_the_lists_are_found_again() -> None:
    fit = fitted(drawn(4_000, np.random.default_rng(0)))
    assert np.all(np.abs(fit.weights - TRUE) < 4.0 * fit.errors)
    assert np.all(fit.errors < 0.05)


def test_errors_are_what_the_weights_vary_by_from_sample_to_sample() -> None:
    rng = np.random.default_rng(1)
    true = np.array([1.0, 0.4])
    fits = [fitted(drawn(150, rng, true)) for _ in range(200)]
    spread = np.std([fit.weights for fit in fits], axis=0)
    said = np.mean([fit.errors for fit in fits], axis=0)
    assert said == pytest.approx(spread, rel=0.2)


def test_lists_of_one_user_are_one_observation() -> None:
    lists = drawn(300, np.random.default_rng(2))
    doubled = Lists(
        np.concatenate([lists.features] * 2, axis=1),
        *(np.concatenate([part] * 2) for part in (lists.is_open, lists.is_relevant, lists.owners)),
    )
    assert fitted(doubled).errors == pytest.approx(fitted(lists).errors, rel=1e-3)


def test_groups_count_together_and_closed_candidates_not_at_all() -> None:
    lists = drawn(400, np.random.default_rng(3))
    halves = [
        Lists(lists.features[:, rows], lists.is_open[rows], lists.is_relevant[rows], rows)
        for rows in np.split(np.arange(400), 2)
    ]
    none = Penalty.none(3)
    assert fit_listwise(halves, none) == pytest.approx(fitted(lists).weights, abs=1e-4)
    closed = np.full((3, 400, 5), 9.0, dtype=np.float32)
    longer = Lists(
        np.concatenate([lists.features, closed], axis=2),
        np.pad(lists.is_open, ((0, 0), (0, 5))),
        np.pad(lists.is_relevant, ((0, 0), (0, 5))),
        lists.owners,
    )
    assert fitted(longer).weights == pytest.approx(fitted(lists).weights, abs=1e-4)


def test_weights_of_features_in_other_units() -> None:
    lists = drawn(200, np.random.default_rng(7))
    by = np.array([2.0, 0.5, 1.0])
    scaled = replace(lists, features=lists.features * by[:, None, None].astype(np.float32))
    found = fitted(scaled)
    assert found.weights * by == pytest.approx(fitted(lists).weights, abs=1e-3)
    assert found.errors * by == pytest.approx(fitted(lists).errors, rel=1e-2)


def test_a_feature_that_misleads_gets_no_weight() -> None:
    fit = fitted(drawn(500, np.random.default_rng(4), np.array([1.0, -0.5])))
    assert fit.weights[1] == 0.0
    assert fit.errors[1] > 0.0


def test_a_penalty_draws_weights_to_the_usual_ones_and_makes_them_surer() -> None:
    lists = drawn(50, np.random.default_rng(6))
    free = fitted(lists)
    usual = np.full(3, 0.7)
    held = fitted(lists, Penalty(np.full(3, 100.0), usual))
    assert held.weights == pytest.approx(usual, abs=0.02)
    assert np.all(held.errors < free.errors)


def test_lists_in_perfect_order_are_no_reason_for_weights_without_end() -> None:
    features = np.tile(np.eye(3, dtype=np.float32)[None], (1, 10, 1))[:, :30].reshape(1, 10, 9)
    is_relevant = features[0] == 1.0
    lists = Lists(features, np.ones_like(is_relevant), is_relevant, np.arange(10))
    fit = fitted(lists, Penalty(np.full(1, 0.3), np.zeros(1)))
    assert 0.0 < fit.weights[0] < 5.0
