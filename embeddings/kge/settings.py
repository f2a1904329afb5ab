"""What a caller may choose of knowledge-graph embeddings; imports no library that trains them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from math import isfinite
from typing import Any

from graph.errors import UsageError

_WITHOUT_EFFECT = ("threads", "checkpoint_every")
"""Settings that do not change what is learned."""


@dataclass(frozen=True, slots=True)
class KgeSettings:
    """How vectors are learned from triples; the table `[kge]` of whypath.toml.

    `model` is any model of PyKEEN by its name, `parameters` are further keyword arguments of it,
    e.g. `{scoring_fct_norm = 2}` of TransE; `embedding_size` counts complex numbers in a complex
    model, whose vectors then have twice as many real ones. `feedback` makes triples of feedback
    too: of all types, or of those in a list.

    `negatives` are corrupted triples for each true one; `margin` and `temperature` are of the
    self-adversarial loss. `inverse_relations` trains each triple backwards too, which some models
    (ConvE, CompGCN) need.

    With a `validation_share`, that share of the triples is held back; every `check_every` epochs
    at most `validation_triples` of them are ranked, training stops after `patience` checks
    without a better filtered MRR, and the vectors of the best check are kept. With 0 all triples
    are trained on, for all `epochs`.
    """

    model: str = "MuRE"
    embedding_size: int = 64
    epochs: int = 40
    learning_rate: float = 0.01
    batch_size: int = 1024
    negatives: int = 8
    margin: float = 5.0
    temperature: float = 1.0
    inverse_relations: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)
    feedback: bool | tuple[str, ...] = False
    validation_share: float = 0.02
    validation_triples: int = 200
    check_every: int = 5
    patience: int = 2
    checkpoint_every: int = 5
    threads: int = 1

    def __post_init__(self) -> None:
        if not self.model.strip():
            raise UsageError("kge.model is empty; name a model of PyKEEN, e.g. MuRE")
        for name in (
            *("embedding_size", "epochs", "batch_size", "negatives", "validation_triples"),
            *("check_every", "patience", "checkpoint_every", "threads"),
        ):
            if getattr(self, name) < 1:
                raise UsageError(f"kge.{name} is {getattr(self, name)}; it must be at least 1")
        for name in ("learning_rate", "margin", "temperature"):
            value = getattr(self, name)
            if not (isfinite(value) and value > 0):
                raise UsageError(f"kge.{name} is {value}; it must be a number above 0")
        if not 0.0 <= self.validation_share <= 0.5:
            raise UsageError(
                f"kge.validation_share is {self.validation_share}; it must be from 0 to 0.5"
            )
        if not isinstance(self.feedback, bool):
            object.__setattr__(self, "feedback", tuple(self.feedback))
        try:
            json.dumps(dict(self.parameters))
        except TypeError as error:
            raise UsageError(f"kge.parameters must be plain values: {error}") from error

    def deciding(self) -> dict[str, Any]:
        """The settings that decide what is learned from given triples, as JSON values."""
        given = asdict(self)
        names = {each.name for each in fields(self)} - {*_WITHOUT_EFFECT, "feedback"}
        return {name: given[name] for name in sorted(names)}
