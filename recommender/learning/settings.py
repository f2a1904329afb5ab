"""What a caller of a training may choose; imports nothing that takes time to load."""

from dataclasses import dataclass
from typing import Literal, get_args

from graph.errors import UsageError

ValidationName = Literal["auto", "random", "chronological"]

EmbeddingName = Literal["text", "kge", "gnn"]

SIGNALS = ("collaborative", "sequential", "knowledge", "semantic", "factors", "profile")
"""The signals that training can learn."""

EMBEDDINGS = get_args(EmbeddingName)
"""What items can be described by beside their facts: each needs an extra of the package."""


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """What a caller may choose; everything else is chosen on validation data.

    `embeddings`: what describes items beside their facts, from `EMBEDDINGS`. `artifacts` is the
    folder of the vectors that serving reads, from the project folder on.

    `edges_per_item` is per relation of evidence. `history_limit` is how many of the latest pieces
    of a history count (on ml-latest-small 500 instead of all cost .018 of nDCG@10, by users with up
    to 2,698). `memory_limit_bytes` None: what the system has. `threads` is for linear algebra.
    """

    signals: tuple[str, ...] = SIGNALS
    embeddings: tuple[str, ...] = ()
    edges_per_item: int = 100
    max_dense_items: int = 20_000
    validation: ValidationName = "auto"
    history_limit: int = 3_000
    memory_limit_bytes: int | None = None
    threads: int = 1
    rng: int = 0
    artifacts: str = "artifacts"

    def __post_init__(self) -> None:
        unknown = sorted(set(self.signals) - set(SIGNALS))
        if unknown:
            raise UsageError(f"unknown signal {unknown[0]!r}; known: {', '.join(SIGNALS)}")
        if not self.signals:
            raise UsageError(f"no signal to learn; known: {', '.join(SIGNALS)}")
        unknown = sorted(set(self.embeddings) - set(EMBEDDINGS))
        if unknown:
            known = ", ".join(EMBEDDINGS)
            raise UsageError(f"unknown embedding {unknown[0]!r}; known: {known}")
        if self.validation not in get_args(ValidationName):
            known = ", ".join(get_args(ValidationName))
            raise UsageError(f"unknown validation {self.validation!r}; known: {known}")
        for name in ("edges_per_item", "max_dense_items", "history_limit", "threads"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} is {getattr(self, name)}; it must be at least 1")
