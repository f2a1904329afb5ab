"""The embeddings of items that a project asks for, for whatever feedback they may see.

What knows no feedback (texts, triples of facts) is computed once and found again in the workspace;
a graph neural network is trained for each set of feedback.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from embeddings.gnn.settings import GnnSettings
from embeddings.gnn.training import train_gnn
from embeddings.kge.composing import compose, origin_of, rarities, vectors_of
from embeddings.kge.settings import KgeSettings
from embeddings.kge.training import train_kge
from embeddings.text.encoding import encode_items
from embeddings.text.settings import TextSettings
from embeddings.triples import make_triples
from embeddings.vectors import Vectors
from embeddings.workspace import Workspace
from graph.dataset import Dataset, Feedback
from graph.progress import SILENT, Progress


def _unheard(message: str) -> None:
    """The `report` that tells nobody."""


@dataclass(frozen=True)
class Embedder:
    """Computes the embeddings in `names`; the `embed` of a training.

    `tensorboard` is a folder for logs. `api_key` is of a text endpoint.
    """

    names: tuple[str, ...]
    workspace: Workspace
    text: TextSettings = field(default_factory=TextSettings)
    kge: KgeSettings = field(default_factory=KgeSettings)
    gnn: GnnSettings = field(default_factory=GnnSettings)
    rng: int = 0
    threads: int = 1
    api_key: str = field(default="", repr=False)
    tensorboard: Path | None = None
    progress: Progress = SILENT
    report: Callable[[str], None] = _unheard
    _logged: set[str] = field(default_factory=set, init=False, repr=False)

    def __call__(self, dataset: Dataset, feedback: Feedback) -> dict[str, Vectors]:
        """Vectors of the items by part, learned from these rows of feedback alone."""
        parts: dict[str, Vectors] = {}
        if "text" in self.names:
            parts["text"] = encode_items(
                dataset,
                self.text,
                self.workspace,
                api_key=self.api_key,
                progress=self.progress,
                report=self.report,
            )
        if "kge" in self.names:
            parts["knowledge"] = self._knowledge(dataset.with_feedback(feedback))
        if "gnn" in self.names:
            network = train_gnn(
                dataset,
                feedback,
                self.gnn,
                self.workspace,
                rng=self.rng,
                text=parts.get("text"),
                progress=self.progress,
                threads=self.threads,
                tensorboard=self._log("gnn"),
            )
            is_relational = bool(network.from_facts.is_known.any())
            parts["gnn"] = network.from_facts if is_relational else network.items
        return parts

    def _knowledge(self, dataset: Dataset) -> Vectors:
        triples = make_triples(dataset, feedback=self.kge.feedback)
        found = train_kge(
            triples,
            self.kge,
            self.workspace,
            rng=self.rng,
            progress=self.progress,
            tensorboard=self._log("kge"),
        )
        entities = vectors_of(found.node_vectors, triples.vocabulary, "Entity", dataset.entities)
        n_items = len(dataset.items)
        rarity = rarities(dataset.item_facts, n_items, len(dataset.entities))
        origin = origin_of(entities, dataset.entities, rarity)
        return replace(compose(entities, dataset.item_facts, n_items, rarity), origin=origin)

    def _log(self, name: str) -> Path | None:
        """The folder for logs of this embedding, the first time that it is computed."""
        if self.tensorboard is None or name in self._logged:
            return None
        self._logged.add(name)
        return self.tensorboard / name
