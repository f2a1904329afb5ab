"""The only module that imports PyKEEN and torch for knowledge graphs: a model, trained by epochs.

`PykeenModel` hides both: arrays of numpy go in and out, and its state is bytes. Training uses
`SLCWATrainingLoop` itself: PyKEEN's `pipeline()` adds an evaluation that can cost more than the
training (RotatE: 292 s for 1,500 triples). A state holds all that the next epoch depends on, the
random generator among it, so that a resumed training ends with the same bits.
"""

import gc
import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pykeen.losses import NSSALoss
from pykeen.models import Model, model_resolver
from pykeen.nn import Representation
from pykeen.training import NonFiniteLossError, SLCWATrainingLoop
from pykeen.triples import CoreTriplesFactory

from embeddings.kge.settings import KgeSettings
from embeddings.triples import Triples
from graph.errors import DataError, UsageError

_OTHER_DEFAULTS: dict[str, dict[str, str | None]] = {
    "distmult": {"regularizer": None, "entity_constrainer": None},
    "complex": {
        "regularizer": None,
        "entity_initializer": "xavier_uniform",
        "relation_initializer": "xavier_uniform",
    },
}
"""Instead of defaults of PyKEEN that ruin these models on graphs of facts: its regularisers, the
unit norm of DistMult, and ComplEx's start from standard normal numbers (filtered MRR .001 on
ml-100k after 28 epochs with margin 1; .118 after 20 from small ones). `parameters` can bring
them back."""

_STATE_FORMAT = 1


def versions() -> dict[str, str]:
    """Versions of the libraries that the result depends on."""
    return {name: version(name) for name in ("pykeen", "torch")}


class PykeenModel:
    """A model on its way: `train_epoch` again and again, then the vectors.

    All randomness comes from `seed` and is kept apart from torch's global generator.
    """

    def __init__(self, triples: Triples, settings: KgeSettings, seed: int) -> None:
        """Make a model for the vocabulary of `triples`, which it will be trained on.

        Raises:
            UsageError: no such model, or it cannot be made with these settings.
        """
        logging.getLogger("pykeen").setLevel(logging.ERROR)
        self._settings = settings
        self._n_nodes, self._n_relations = triples.n_nodes, triples.n_relations
        self._factory = CoreTriplesFactory(
            mapped_triples=torch.from_numpy(triples.array()),
            num_entities=triples.n_nodes,
            num_relations=triples.n_relations,
            create_inverse_triples=settings.inverse_relations,
        )
        self._random = torch.Generator().manual_seed(seed).get_state()
        self._epoch = 0
        with self._alone():
            self._model = _make_model(self._factory, settings)
            self._loop = SLCWATrainingLoop(
                model=self._model,
                triples_factory=self._factory,
                optimizer="adam",
                optimizer_kwargs={"lr": settings.learning_rate},
                negative_sampler="basic",
                negative_sampler_kwargs={"num_negs_per_pos": settings.negatives},
                automatic_memory_optimization=False,
            )

    @property
    def epoch(self) -> int:
        """Epochs trained so far."""
        return self._epoch

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Run with this model's random state and number of threads, and give back the caller's."""
        threads = torch.get_num_threads()
        torch.set_num_threads(self._settings.threads)
        try:
            with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
                # Notes to the libraries' own developers, which no user can act on.
                warnings.simplefilter("ignore")
                torch.set_rng_state(self._random)
                yield
                self._random = torch.get_rng_state()
        finally:
            torch.set_num_threads(threads)

    def train_epoch(self) -> float:
        """See each triple once; the mean loss.

        Raises:
            DataError: the loss is no longer a number.
        """
        gc.freeze()  # PyKEEN collects after each epoch: .2 s for the objects of its imports alone.
        with self._alone():
            try:
                losses = self._loop.train(
                    triples_factory=self._factory,
                    num_epochs=len(self._loop.losses_per_epochs) + 1,
                    batch_size=self._settings.batch_size,
                    continue_training=self._epoch > 0,
                    sampler="schlichtkrull" if self._settings.model.lower() == "rgcn" else None,
                    use_tqdm=False,
                    pin_memory=False,
                    drop_last=False,
                )
            except NonFiniteLossError as error:
                raise DataError(
                    f"the loss of {self._settings.model} grew beyond all numbers in epoch "
                    f"{self._epoch + 1}; try a lower kge.learning_rate than "
                    f"{self._settings.learning_rate}"
                ) from error
            finally:
                gc.unfreeze()
        self._epoch += 1
        return float(losses[-1]) if losses else 0.0

    def state(self) -> bytes:
        """All that the next epoch depends on."""
        stream = io.BytesIO()
        torch.save(
            {
                "format": _STATE_FORMAT,
                "epoch": self._epoch,
                "model": self._model.state_dict(),
                "optimizer": self._loop.optimizer.state_dict(),
                "random": self._random,
            },
            stream,
        )
        return stream.getvalue()

    def restore(self, state: bytes) -> None:
        """Go on from a state of a model with the same triples and settings.

        Raises:
            ValueError: the state is of another format or of another model.
        """
        stored = torch.load(io.BytesIO(state), weights_only=True)
        if stored.get("format") != _STATE_FORMAT:
            raise ValueError(f"state of format {stored.get('format')}, not {_STATE_FORMAT}")
        try:
            self._model.load_state_dict(stored["model"])
        except RuntimeError as error:
            raise ValueError(f"state of another model: {error}") from error
        self._loop.optimizer.load_state_dict(stored["optimizer"])
        self._random = stored["random"]
        self._epoch = int(stored["epoch"])

    def node_vectors(self) -> NDArray[np.float32]:
        """Shape (n_nodes, d); see `_flatten`."""
        with self._alone():
            return _flatten(self._model.entity_representations, torch.arange(self._n_nodes))

    def relation_vectors(self) -> NDArray[np.float32]:
        """Shape (n_relations, d'); see `_flatten`. Without those of inverse relations."""
        with self._alone():
            # PyKEEN numbers relation r as 2 r and its inverse as 2 r + 1, where there are inverses.
            step = 2 if self._settings.inverse_relations else 1
            numbers = torch.arange(self._n_relations) * step
            return _flatten(self._model.relation_representations, numbers)

    def score_tails(
        self, heads: NDArray[np.int64], relations: NDArray[np.int64]
    ) -> NDArray[np.floating]:
        """See `embeddings.kge.ranking.LinkScorer`."""
        pairs = torch.from_numpy(np.stack([heads, relations], axis=1))
        with self._alone(), torch.inference_mode():
            return _as_array(self._model.predict_t(pairs))

    def score_heads(
        self, relations: NDArray[np.int64], tails: NDArray[np.int64]
    ) -> NDArray[np.floating]:
        """See `embeddings.kge.ranking.LinkScorer`."""
        pairs = torch.from_numpy(np.stack([relations, tails], axis=1))
        with self._alone(), torch.inference_mode():
            return _as_array(self._model.predict_h(pairs))


def _make_model(factory: CoreTriplesFactory, settings: KgeSettings) -> Model:
    known = sorted(kind.__name__ for kind in model_resolver.lookup_dict.values())
    name = model_resolver.normalize(settings.model)
    if name not in model_resolver.lookup_dict:
        by_lower = {each.lower(): each for each in known}
        close = get_close_matches(settings.model.lower(), by_lower, n=3)
        meant = " or ".join(by_lower[each] for each in close)
        hint = f"did you mean {meant}?" if close else f"PyKEEN has {', '.join(known)}"
        raise UsageError(f"kge.model: PyKEEN has no model {settings.model!r}; {hint}")
    arguments: dict[str, Any] = {
        "embedding_dim": settings.embedding_size,
        **_OTHER_DEFAULTS.get(name, {}),
        **settings.parameters,
    }
    loss = NSSALoss(margin=settings.margin, adversarial_temperature=settings.temperature)
    try:
        return model_resolver.make(name, arguments, triples_factory=factory, loss=loss)
    except (TypeError, ValueError, AttributeError, KeyError, AssertionError) as error:
        said = str(error).strip().splitlines()
        reason = said[0] if said else "it needs more than triples, perhaps inverse_relations = true"
        raise UsageError(
            f"kge.model: {settings.model} cannot be made with "
            f"{', '.join(f'{key} = {value!r}' for key, value in arguments.items())}: {reason}"
        ) from error


def _as_array(scores: torch.Tensor) -> NDArray[np.floating]:
    array: NDArray[np.floating] = scores.numpy()
    return array


def _flatten(representations: Any, numbers: torch.Tensor) -> NDArray[np.float32]:
    """All representations of these members side by side; shape (len(numbers), d).

    A complex one gives its real parts, then its imaginary parts. Scalars (the biases of MuRE) are
    no directions and are left out, where there is anything else. `representations` is a
    `ModuleList`, whose members torch does not type.
    """
    n = len(numbers)
    parts: list[torch.Tensor] = []
    with torch.inference_mode():
        representation: Representation
        for representation in representations:
            rows = representation(numbers).reshape(n, -1)
            parts += [rows.real, rows.imag] if rows.is_complex() else [rows]
    parts = [part for part in parts if part.shape[1] > 1] or parts
    if not parts:
        return np.zeros((n, 0), dtype=np.float32)
    vectors: NDArray[np.float32] = torch.cat(parts, dim=1).to(torch.float32).numpy()
    return vectors
