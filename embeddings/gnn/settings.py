"""What a caller of a graph neural network may choose; imports nothing that takes time to load."""

from dataclasses import dataclass
from typing import Literal, get_args

from graph.errors import UsageError

GnnModel = Literal["lightgcn", "rgcn"]
GnnLoss = Literal["bpr", "softmax"]


@dataclass(frozen=True, slots=True)
class GnnSettings:
    """The table `[gnn]` of whypath.toml.

    `model`: `lightgcn` learns from feedback alone; `rgcn` from feedback and facts, and gives every
    item with facts a vector. `negatives` items are drawn for each batch and shared by its pairs.
    `fanout` is how many neighbours `rgcn` samples for a node and layer (0: all of them), and
    `item_dropout` the share of items whose feedback it hides in a batch, so that it learns to
    place an item by its facts alone. `patience` counts epochs without a better validation.
    """

    model: GnnModel = "rgcn"
    embedding_size: int = 64
    layers: int = 2
    epochs: int = 18
    learning_rate: float = 0.005
    batch_size: int = 2048
    negatives: int = 256
    fanout: int = 20
    item_dropout: float = 0.5
    loss: GnnLoss = "softmax"
    regularization: float = 1e-4
    patience: int = 8

    def __post_init__(self) -> None:
        for name, legal in (("model", get_args(GnnModel)), ("loss", get_args(GnnLoss))):
            if getattr(self, name) not in legal:
                known = ", ".join(legal)
                raise UsageError(f"unknown gnn {name} {getattr(self, name)!r}; known: {known}")
        for name in ("embedding_size", "layers", "epochs", "batch_size", "negatives", "patience"):
            if getattr(self, name) < 1:
                raise UsageError(f"gnn {name} is {getattr(self, name)}; it must be at least 1")
        if self.fanout < 0:
            raise UsageError(f"gnn fanout is {self.fanout}; it must be 0 (all) or more")
        if not self.learning_rate > 0.0:
            raise UsageError(f"gnn learning_rate is {self.learning_rate}; it must be above 0")
        if not self.regularization >= 0.0:
            raise UsageError(f"gnn regularization is {self.regularization}; it must be 0 or more")
        if not 0.0 <= self.item_dropout < 1.0:
            raise UsageError(f"gnn item_dropout is {self.item_dropout}; it must be in [0, 1)")
