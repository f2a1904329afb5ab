"""Settings of knowledge-graph embeddings: what cannot be made, and what makes another training."""

from dataclasses import replace

import pytest

from embeddings.kge.settings import KgeSettings
from graph.errors import UsageError


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("model", " ", "kge.model is empty"),
        ("embedding_size", 0, "kge.embedding_size is 0; it must be at least 1"),
        ("epochs", -1, "kge.epochs is -1"),
        ("learning_rate", float("nan"), "kge.learning_rate is nan"),
        ("margin", 0.0, "kge.margin is 0.0; it must be a number above 0"),
        ("validation_share", 0.6, "kge.validation_share is 0.6; it must be from 0 to 0.5"),
        ("parameters", {"entity_initializer": object()}, "kge.parameters must be plain values"),
    ],
)
def test_wrong_values_are_refused_by_name(name: str, value: object, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        replace(KgeSettings(), **{name: value})


def test_settings_of_speed_do_not_decide_what_is_learned() -> None:
    usual = KgeSettings().deciding()
    assert KgeSettings(threads=4, checkpoint_every=1).deciding() == usual
    assert KgeSettings(epochs=7).deciding() != usual
    assert KgeSettings(parameters={"scoring_fct_norm": 2}).deciding() != usual
