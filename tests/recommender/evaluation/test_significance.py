"""The paired bootstrap: its mean, its coverage of the truth, and that it resamples users."""

import numpy as np
import pytest

from recommender.evaluation.significance import compare_paired


def test_equal_models_differ_by_nothing() -> None:
    values = np.random.default_rng(0).random(50)
    found = compare_paired(
        values, values, np.arange(50), np.zeros(50, int), np.random.default_rng(1)
    )
    assert (found.difference, found.low, found.high) == (0.0, 0.0, 0.0)
    assert not found.is_significant


def test_a_constant_gain_is_certain() -> None:
    values = np.random.default_rng(0).random(50)
    found = compare_paired(
        values + 0.1, values, np.arange(50), np.zeros(50, int), np.random.default_rng(1)
    )
    assert found.low == pytest.approx(0.1)
    assert found.high == pytest.approx(0.1)
    assert found.is_significant


def test_the_interval_is_that_of_the_normal_approximation() -> None:
    draw = np.random.default_rng(3)
    first, second = draw.random(400), draw.random(400)
    found = compare_paired(
        first, second, np.arange(400), np.zeros(400, int), np.random.default_rng(1)
    )
    error = 1.96 * (first - second).std(ddof=1) / 20
    assert found.difference == pytest.approx((first - second).mean())
    assert found.high - found.low == pytest.approx(2 * error, rel=0.1)
    assert found.low == pytest.approx(found.difference - error, abs=0.2 * error)


def test_the_mean_is_over_folds_of_means_over_users() -> None:
    # fold 0: users 0, 1 with gains 1, 0; fold 1: user 0 with gain 1
    found = compare_paired(
        np.array([1.0, 0.0, 1.0]),
        np.zeros(3),
        np.array([0, 1, 0]),
        np.array([0, 0, 1]),
        np.random.default_rng(0),
    )
    assert found.difference == pytest.approx((0.5 + 1.0) / 2)


def test_users_are_drawn_with_all_their_folds() -> None:
    """Ten copies of a user's row say no more than one: the interval must not shrink."""
    gain = np.random.default_rng(5).normal(size=100)
    users, zeros = np.arange(100), np.zeros(100)
    once = compare_paired(gain, zeros, users, np.zeros(100, int), np.random.default_rng(1))
    ten = compare_paired(
        np.tile(gain, 10),
        np.zeros(1000),
        np.tile(users, 10),
        np.repeat(np.arange(10), 100),
        np.random.default_rng(1),
    )
    assert ten.difference == pytest.approx(once.difference)
    assert ten.high - ten.low == pytest.approx(once.high - once.low)


def test_the_same_seed_gives_the_same_interval() -> None:
    draw = np.random.default_rng(0)
    first, second = draw.random(30), draw.random(30)
    arguments = (first, second, np.arange(30), np.zeros(30, int))
    assert compare_paired(*arguments, np.random.default_rng(7)) == compare_paired(
        *arguments, np.random.default_rng(7)
    )


def test_nobody_to_compare_on() -> None:
    nothing = np.zeros(0)
    with pytest.raises(ValueError, match="no user"):
        compare_paired(
            nothing, nothing, nothing.astype(int), nothing.astype(int), np.random.default_rng(0)
        )
