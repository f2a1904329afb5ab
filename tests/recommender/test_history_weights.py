"""The weights of one history and those of many at once are the same numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.dataset import NO_TIME, Feedback, sort_feedback
from graph.model import HistoryEntry
from recommender.history import latest_first, type_strength, weigh
from recommender.recipe import HORIZON, SignalRecipe

TYPES = ("LIKED", "VIEWED")
TYPE_WEIGHTS = {"LIKED": 1.0, "VIEWED": 0.25}


def entry(item, at, type="LIKED"):
    return HistoryEntry(str(item), type, 1.0, at)


def feedback_of(rows):
    """Rows (user, item, type, at)."""
    columns = list(zip(*rows, strict=True)) if rows else [[], [], [], []]
    at = [NO_TIME if moment is None else moment for moment in columns[3]]
    return sort_feedback(
        Feedback(
            np.array(columns[0], dtype=np.int32),
            np.array(columns[1], dtype=np.int32),
            np.array(columns[2], dtype=np.int16),
            np.ones(len(rows)),
            np.array(at, dtype=np.int64),
            np.array([""] * len(rows), dtype=object),
        )
    )


def test_history_fades_with_rank():
    weights = SignalRecipe("CO_LIKED", 2.0, decay=2.0).weights(
        [entry(0, 30), entry(1, 20), entry(2, 10)], TYPE_WEIGHTS
    )
    np.testing.assert_allclose(weights, 2.0 * np.exp([0.0, -0.5, -1.0]))


def test_pieces_of_one_time_weigh_alike():
    weights = SignalRecipe("CO_LIKED", 1.0, decay=2.0).weights(
        [entry(0, 30), entry(1, 20), entry(2, 20), entry(3, 10)], TYPE_WEIGHTS
    )
    np.testing.assert_allclose(weights, np.exp([0.0, -0.75, -0.75, -1.5]))


def test_a_type_without_weight_ages_nobody():
    history = [entry(0, 30), entry(1, 20, "HATED"), entry(2, 10)]
    weights = SignalRecipe("CO_LIKED", 1.0, decay=2.0).weights(history, TYPE_WEIGHTS)
    np.testing.assert_allclose(weights, [1.0, 0.0, np.exp(-0.5)])


def test_damping_one_averages():
    history = [entry(item, None) for item in range(4)]
    weights = SignalRecipe("CO_LIKED", 1.0, damping=1.0).weights(history, TYPE_WEIGHTS)
    np.testing.assert_allclose(weights, [0.25] * 4)


def test_beyond_the_horizon_nothing_counts():
    history = [entry(item, 100 - item) for item in range(20)]
    weights = SignalRecipe("CO_LIKED", 1.0, decay=1.0).weights(history, TYPE_WEIGHTS)
    assert np.count_nonzero(weights) == HORIZON + 1


@pytest.mark.parametrize("decay", [None, 3.0])
def test_an_empty_history_has_no_weights(decay):
    assert len(SignalRecipe("CO_LIKED", 1.0, decay).weights([], TYPE_WEIGHTS)) == 0


@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 2),
            st.integers(0, 6),
            st.integers(0, 1),
            st.one_of(st.none(), st.integers(0, 4)),
        ),
        max_size=25,
        unique_by=lambda row: row[:3],
    ),
    decay=st.one_of(st.none(), st.floats(0.3, 20)),
    damping=st.sampled_from([0.0, 0.5, 1.0]),
    limit=st.integers(1, 12),
)
@settings(deadline=None, max_examples=150)
def test_many_histories_are_weighed_as_each_alone(rows, decay, damping, limit):
    signal = SignalRecipe("CO_LIKED", 1.3, decay, damping)
    history = latest_first(feedback_of(rows), TYPES, limit)
    strength = type_strength(history, TYPES, TYPE_WEIGHTS)
    together = weigh(history, strength, signal, (3, 7)).toarray()
    for user in range(3):
        mine = [row for row in rows if row[0] == user]
        mine.sort(key=lambda row: (row[3] is None, -(row[3] or 0), str(row[1]), TYPES[row[2]]))
        entries = [entry(item, at, TYPES[kind]) for _, item, kind, at in mine[:limit]]
        alone = np.zeros(7)
        for piece, weight in zip(entries, signal.weights(entries, TYPE_WEIGHTS), strict=True):
            alone[int(piece.item)] += weight
        np.testing.assert_allclose(together[user], alone, atol=1e-12)
