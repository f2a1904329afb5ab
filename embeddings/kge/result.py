"""What a training of knowledge-graph embeddings gives, and its form in the workspace."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class KgeResult:
    """Vectors of the nodes (n_nodes, d) and relations (n_relations, d') of a vocabulary.

    A complex model's vector is its real parts followed by its imaginary parts. `metrics` are JSON
    values: `epochs` trained, `losses` (one an epoch), `seconds` and `cpu_s` of training, and
    `validation` where triples were held back: `split` (how), `triples` (how many were ranked),
    `epoch` (whose vectors these are), `mrr`, `hits@1`, `hits@3`, `hits@10` (filtered, realistic
    rank, both sides), and `checks`, the same of every check.
    """

    model: str
    node_vectors: NDArray[np.float32]
    relation_vectors: NDArray[np.float32]
    metrics: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """The result as arrays without objects."""
        about = {"model": self.model, "metrics": self.metrics, "versions": self.versions}
        return {
            "nodes": self.node_vectors,
            "relations": self.relation_vectors,
            "about": np.array(json.dumps(about)),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Self:
        """The inverse of `to_arrays`."""
        return cls(
            node_vectors=arrays["nodes"].astype(np.float32),
            relation_vectors=arrays["relations"].astype(np.float32),
            **json.loads(str(arrays["about"])),
        )
