"""LightGCN and a relational network with neighbour sampling on DGL; the one module that imports it.

- LightGCN: He et al., "LightGCN: Simplifying and Powering Graph Convolution Network for
  Recommendation", SIGIR 2020: the whole graph is propagated, and layers are averaged.
- Relational: R-GCN with basis decomposition (Schlichtkrull et al., ESWC 2018) on sampled
  neighbours (as PinSage: Ying et al., KDD 2018). An item is made of what it is linked to, and in a
  part of each batch of its facts alone (as DropoutNet: Volkovs et al., NIPS 2017).

An epoch draws all its random numbers from (seed, epoch): one that goes on from a checkpoint is the
same as one that was never interrupted.
"""

import os
import pickle
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

os.environ.setdefault("DGLBACKEND", "pytorch")  # else it is asked for and written to a file

import dgl
import torch
from dgl import ops
from torch import Tensor, nn

from embeddings.gnn.message_graph import MessageGraph, judge
from embeddings.gnn.settings import GnnSettings
from embeddings.workspace import written_whole
from graph.progress import Progress

VALIDATE_EVERY = 2
"""Epochs between two looks at the validation data, each with a checkpoint."""

TEMPERATURE = 0.15
"""Of the softmax over cosines (Wu et al., "On the Effectiveness of Sampled Softmax Loss for Item
Recommendation", TOIS 2024)."""

BASES = 4
"""Matrices that the relations' own matrices are made of."""


@dataclass(frozen=True, slots=True)
class Trained:
    """Vectors of all users and items, the history of the epochs, versions of the libraries."""

    users: NDArray[np.float32]
    items: NDArray[np.float32]
    from_facts: NDArray[np.float32]
    metrics: dict[str, Any]
    versions: dict[str, str]


class Model(Protocol):
    """What training asks of a network: vectors for a batch, and vectors for everything."""

    def batch(self, pairs: Tensor, negatives: Tensor, edges: Tensor) -> tuple[Tensor, ...]:
        """Vectors of the pairs' users and items and of the negatives, and what to keep small."""

    def everything(self, graph: MessageGraph, *, from_facts: bool) -> Tensor:
        """Vectors of all nodes over this graph; shape (n_nodes, d)."""


def train(
    graph: MessageGraph,
    held: NDArray[np.int64],
    settings: GnnSettings,
    *,
    features: NDArray[np.float32] | None,
    seed: int,
    checkpoint: Path,
    progress: Progress,
    threads: int,
    tensorboard: Path | None,
) -> Trained:
    """Train with `held` (user, item) left out, take the best epoch, and propagate over all.

    Raises nothing of its own: `graph` has at least one positive.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        run = _Run(graph, held, settings, features, seed, checkpoint)
        run.resume()
        writer = _writer(tensorboard)
        progress.start(f"graph neural network ({settings.model})", settings.epochs)
        progress.advance(run.epoch)
        while not run.is_finished:
            run.do_epoch()
            progress.advance(1)
            for name, value in run.latest.items() if writer is not None else ():
                writer.add_scalar(f"gnn/{name}", value, run.epoch)
        progress.done()
        if writer is not None:
            writer.close()
        return run.result()
    finally:
        torch.set_num_threads(before)


class _Run:
    """One training, between two epochs."""

    def __init__(
        self,
        graph: MessageGraph,
        held: NDArray[np.int64],
        settings: GnnSettings,
        features: NDArray[np.float32] | None,
        seed: int,
        checkpoint: Path,
    ) -> None:
        self.whole, self.held, self.settings, self.seed = graph, held, settings, seed
        self.fit = graph.without(held)
        self.checkpoint = checkpoint
        torch.manual_seed(seed)
        if settings.model == "lightgcn":
            self.model: Any = LightGcn(self.fit, settings)
        else:
            self.model = Relational(self.fit, settings, features)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=settings.learning_rate)
        self.epoch, self.best_epoch, self.cpu_seconds = 0, 0, 0.0
        self.best_quality = -1.0
        self.best = _copy(self.model.state_dict())
        self.losses: list[float] = []
        self.validation: list[dict[str, float]] = []
        self.latest: dict[str, float] = {}

    @property
    def is_finished(self) -> bool:
        is_tired = len(self.held) > 0 and self.epoch - self.best_epoch >= self.settings.patience
        return self.epoch >= self.settings.epochs or (self.epoch > 0 and is_tired)

    def do_epoch(self) -> None:
        """Learn from every positive once; look at the validation data now and then."""
        started = time.process_time()
        rng = np.random.default_rng([self.seed, self.epoch])
        torch.manual_seed(int(rng.integers(2**31)))
        dgl.seed(int(rng.integers(2**31)))
        positives = torch.from_numpy(self.fit.positives)
        touched = torch.from_numpy(np.flatnonzero(self.fit.touched))
        order = torch.from_numpy(rng.permutation(len(positives)))
        self.model.train()
        total = 0.0
        for rows in torch.split(order, self.settings.batch_size):
            drawn = torch.from_numpy(rng.integers(len(touched), size=self.settings.negatives))
            user, item, negative, small = self.model.batch(positives[rows], touched[drawn], rows)
            loss = _LOSSES[self.settings.loss](user, item, negative)
            loss = loss + self.settings.regularization * small
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            total += float(loss.detach()) * len(rows)
        self.epoch += 1
        self.losses.append(total / len(positives))
        self.latest = {"loss": self.losses[-1]}
        if self.epoch % VALIDATE_EVERY == 0 or self.epoch == self.settings.epochs:
            self._validate()
            self.cpu_seconds += time.process_time() - started
            self._save()
        else:
            self.cpu_seconds += time.process_time() - started

    def _validate(self) -> None:
        if not len(self.held):
            self.best, self.best_epoch = _copy(self.model.state_dict()), self.epoch
            return
        users, items = self._vectors(self.fit, from_facts=False)
        found = judge(self.held, self.fit.positives, users, items, self.whole.touched)
        quality = found["ndcg@10"] + found["recall@20"]
        if self.settings.model == "rgcn":
            by_facts = self._vectors(self.fit, from_facts=True)[1]
            hidden = judge(self.held, self.fit.positives, users, by_facts, self.whole.touched)
            found |= {f"from_facts {name}": value for name, value in hidden.items()}
            quality += hidden["ndcg@10"] + hidden["recall@20"]
        self.validation.append({"epoch": self.epoch, **found})
        self.latest |= found
        if quality > self.best_quality:
            self.best_quality, self.best_epoch = quality, self.epoch
            self.best = _copy(self.model.state_dict())

    def _vectors(
        self, graph: MessageGraph, *, from_facts: bool
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        self.model.eval()
        with torch.no_grad():
            vectors = self.model.everything(graph, from_facts=from_facts)
            if self.settings.loss == "softmax":
                vectors = nn.functional.normalize(vectors)
        rows = vectors[: graph.n_users + graph.n_items].numpy().astype(np.float32)
        return rows[: graph.n_users], rows[graph.n_users :]

    def result(self) -> Trained:
        """The vectors of the best epoch, with the held-out pairs back in the graph."""
        self.model.load_state_dict(self.best)
        users, items = self._vectors(self.whole, from_facts=False)
        by_facts = items
        if self.settings.model == "rgcn":
            by_facts = self._vectors(self.whole, from_facts=True)[1]
        metrics = {
            "loss": self.losses,
            "validation": self.validation,
            "best_epoch": self.best_epoch,
            "epochs": self.epoch,
            "cpu_seconds": round(self.cpu_seconds, 1),
        }
        versions = {"dgl": dgl.__version__, "torch": torch.__version__}
        return Trained(users, items, by_facts, metrics, versions)

    _KEPT = ("epoch", "best_epoch", "best_quality", "cpu_seconds", "losses", "validation", "best")

    def _save(self) -> None:
        state = {name: getattr(self, name) for name in self._KEPT}
        state |= {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}
        with written_whole(self.checkpoint) as stream:
            torch.save(state, stream)

    def resume(self) -> None:
        """Go on from the checkpoint, where there is one that can be read."""
        if not zipfile.is_zipfile(self.checkpoint):  # none, or not one of ours
            return
        try:
            state = torch.load(self.checkpoint, weights_only=True)
        except (RuntimeError, EOFError, pickle.UnpicklingError):
            return
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        for name in self._KEPT:
            setattr(self, name, state[name])


class LightGcn(nn.Module):
    """One free vector a node, averaged with those of its neighbours up to `layers` steps away."""

    def __init__(self, graph: MessageGraph, settings: GnnSettings) -> None:
        super().__init__()
        self.layers, self.n_users = settings.layers, graph.n_users
        self.free = nn.Parameter(torch.randn(graph.n_nodes, settings.embedding_size) * 0.1)
        self.graph = _symmetric(graph)

    def batch(self, pairs: Tensor, negatives: Tensor, edges: Tensor) -> tuple[Tensor, ...]:
        """See `Model`; the whole graph is propagated for each batch."""
        vectors = self._propagate(self.graph)
        user, item, other = pairs[:, 0], pairs[:, 1] + self.n_users, negatives + self.n_users
        free = self.free
        small = (free[user].square().sum() + free[item].square().sum()) / len(pairs)
        return vectors[user], vectors[item], vectors[other], small

    def everything(self, graph: MessageGraph, *, from_facts: bool) -> Tensor:
        """See `Model`; it knows no facts."""
        return self._propagate(_symmetric(graph))

    def _propagate(self, graph: dgl.DGLGraph) -> Tensor:
        vectors = total = self.free
        for _ in range(self.layers):
            vectors = ops.u_mul_e_sum(graph, vectors, graph.edata["weight"])
            total = total + vectors
        return total / (self.layers + 1)


class Relational(nn.Module):
    """Nodes made of their neighbours by relation; an item that is hidden, of its facts and text."""

    def __init__(
        self, graph: MessageGraph, settings: GnnSettings, features: NDArray[np.float32] | None
    ) -> None:
        super().__init__()
        size = settings.embedding_size
        self.shape, self.settings = graph, settings
        self.free = nn.Parameter(torch.randn(graph.n_nodes, size) * 0.1)
        self.convolutions = nn.ModuleList(
            [Convolution(size, graph.n_types) for _ in range(settings.layers)]
        )
        self.features = None if features is None else torch.from_numpy(features)
        if features is not None:
            self.read_text = nn.Linear(features.shape[1], size, bias=False)
        self.graph = _typed(graph)
        self.untouched = _item_mask(graph, ~graph.touched)
        self.sampler = dgl.dataloading.NeighborSampler(
            [settings.fanout or -1] * settings.layers, prob="weight" if settings.fanout else None
        )
        half = len(graph.source) // 2
        self.to_reverse = half
        pairs = graph.source[:half] * graph.n_items + graph.target[:half] - graph.n_users
        learned = np.flatnonzero(graph.type[:half] == 0)
        wanted = graph.positives[:, 0] * graph.n_items + graph.positives[:, 1]
        order = learned[np.argsort(pairs[learned])]
        self.edge_of_positive = torch.from_numpy(order[np.searchsorted(pairs[order], wanted)])

    def batch(self, pairs: Tensor, negatives: Tensor, edges: Tensor) -> tuple[Tensor, ...]:
        """See `Model`; the pairs themselves carry no messages, else they would be read off."""
        user, item = pairs[:, 0], pairs[:, 1] + self.shape.n_users
        seeds = torch.cat([user, item, negatives + self.shape.n_users])
        nodes, place = torch.unique(seeds, return_inverse=True)
        own = self.edge_of_positive[edges]
        _, _, blocks = self.sampler.sample_blocks(
            self.graph, nodes, exclude_eids=torch.cat([own, own + self.to_reverse])
        )
        draw = torch.rand(self.shape.n_items).numpy() < self.settings.item_dropout
        hidden = self.untouched | _item_mask(self.shape, draw)
        vectors = self._forward(blocks, hidden)
        small = vectors.square().sum() / len(nodes)
        found = vectors[place]
        parts = torch.split(found, [len(user), len(item), len(negatives)])
        return *parts, small

    def everything(self, graph: MessageGraph, *, from_facts: bool) -> Tensor:
        """See `Model`; with `from_facts` every item is hidden."""
        hidden = _item_mask(graph, ~graph.touched | from_facts)
        typed = _typed(graph)
        return self._forward([typed] * self.settings.layers, hidden)

    def _forward(self, blocks: list[dgl.DGLGraph], hidden: Tensor) -> Tensor:
        is_block = blocks[0].is_block
        nodes = blocks[0].srcdata[dgl.NID] if is_block else torch.arange(self.shape.n_nodes)
        vectors = self.free[nodes] * (~hidden[nodes])[:, None]
        if self.features is not None:
            place = nodes - self.shape.n_users
            is_item = (place >= 0) & (place < self.shape.n_items)
            read = self.read_text(self.features[place[is_item]])
            vectors = vectors.index_add(0, torch.nonzero(is_item)[:, 0], read)
        total = vectors
        for number, (block, convolve) in enumerate(zip(blocks, self.convolutions, strict=True)):
            targets = nodes[: block.num_dst_nodes()]
            is_feedback = block.edata["type"] < self.shape.n_feedback_types
            _, target = block.edges(order="eid")
            is_heard = ~(is_feedback & hidden[targets][target])
            vectors = convolve(block, vectors, target, is_heard, is_last=number + 1 == len(blocks))
            nodes = targets
            total = total[: len(nodes)] + vectors
        return total / (len(blocks) + 1)


class Convolution(nn.Module):
    """One layer: `sum_b W_b sum_(r, j) a_rb / c_ir h_j`, `c_ir` the neighbours heard by r."""

    def __init__(self, size: int, n_types: int) -> None:
        super().__init__()
        self.n_types = n_types
        self.shares = nn.Parameter(torch.randn(n_types, BASES) * 0.1 + 1.0 / BASES)
        self.mix = nn.Linear(BASES * size, size, bias=False)
        with torch.no_grad():
            self.mix.weight.copy_(torch.eye(size).repeat(1, BASES) * 0.5)
            self.mix.weight.add_(torch.randn_like(self.mix.weight) * 0.02)

    def forward(
        self, block: dgl.DGLGraph, vectors: Tensor, target: Tensor, is_heard: Tensor, is_last: bool
    ) -> Tensor:
        """Vectors of the targets; shape (n_targets, size)."""
        kind = block.edata["type"]
        group = target * self.n_types + kind
        n_targets = block.num_dst_nodes()
        counts = torch.bincount(group[is_heard], minlength=n_targets * self.n_types)
        weight = is_heard / counts[group].clamp(min=1)
        shares = self.shares[kind] * weight[:, None]
        heard = ops.u_mul_e_sum(block, vectors[:, None, :], shares[:, :, None])
        mixed = self.mix(heard.reshape(n_targets, -1))
        return mixed if is_last else torch.tanh(mixed)


def _bpr(user: Tensor, item: Tensor, negative: Tensor) -> Tensor:
    """Bayesian personalized ranking of each pair against every negative of the batch."""
    difference = (user * item).sum(dim=1, keepdim=True) - user @ negative.T
    return nn.functional.softplus(-difference).mean()


def _softmax(user: Tensor, item: Tensor, negative: Tensor) -> Tensor:
    """Sampled softmax over cosines: the pair's item against the negatives of the batch."""
    user, item, negative = (nn.functional.normalize(part) for part in (user, item, negative))
    own = (user * item).sum(dim=1, keepdim=True)
    scores = torch.cat([own, user @ negative.T], dim=1) / TEMPERATURE
    return nn.functional.cross_entropy(scores, torch.zeros(len(scores), dtype=torch.int64))


_LOSSES = {"bpr": _bpr, "softmax": _softmax}


def _symmetric(graph: MessageGraph) -> dgl.DGLGraph:
    """Feedback of all types as one kind of edge, weighted 1 / sqrt(degree * degree)."""
    pairs = np.unique(np.stack([graph.source, graph.target], axis=1), axis=0)
    made = dgl.graph((pairs[:, 0], pairs[:, 1]), num_nodes=graph.n_nodes)
    degree = made.in_degrees().clamp(min=1).float()
    source, target = made.edges()
    made.edata["weight"] = (degree[source] * degree[target]).rsqrt()
    return made


def _typed(graph: MessageGraph) -> dgl.DGLGraph:
    """All edges with their types; `weight` lets each relation of a node be sampled as often."""
    made = dgl.graph((graph.source, graph.target), num_nodes=graph.n_nodes)
    kind = torch.from_numpy(graph.type)
    made.edata["type"] = kind
    group = torch.from_numpy(graph.target) * graph.n_types + kind
    _, place, count = torch.unique(group, return_inverse=True, return_counts=True)
    made.edata["weight"] = 1.0 / count[place].float()
    return made


def _item_mask(graph: MessageGraph, items: NDArray[np.bool_]) -> Tensor:
    mask = torch.zeros(graph.n_nodes, dtype=torch.bool)
    mask[graph.n_users : graph.n_users + graph.n_items] = torch.from_numpy(items)
    return mask


def _copy(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in state.items()}


def _writer(folder: Path | None) -> Any:
    """A TensorBoard writer, or None."""
    if folder is None:
        return None
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder))
