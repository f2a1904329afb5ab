"""Learns how to rank items that nobody has touched, on items made so: their feedback is hidden.

The items are dealt into folds. For each fold the factors are fitted again without its feedback, and
every user's items of the fold are to be ranked before the fold's other items. The score is a
non-negative combination of what can be known of such an item,

    SHARES + RESEMBLES per block + fused vector with the user's factors + predicted popularity,

and its weights minimise the softmax loss of `listwise.py` over all folds at once, with an L2
penalty. How far the length of the history counts in SHARES and RESEMBLES is chosen over the same
folds.
Weights learned on one set of 200 items do not carry over to the next; over folds they do.
`docs/decisions/unseen-items.md` has what else was tried.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from embeddings.fusion import Block, Fusion, fit_fusion
from recommender.kernels.factors import FactorChoice, fit_factors
from recommender.learning.listwise import Lists, Penalty, fit_listwise, listwise_errors
from recommender.learning.search import Quality
from recommender.learning.validation import Bench, mean_ndcg
from recommender.placing import AMOUNT

FOLDS = 4
PENALTY = 0.3
"""L2, on weights of features of deviation 1."""

REGULARIZATIONS = (0.2, 0.5, 1.0, 2.0)
"""Of the fusion, in units of the kernel's diagonal."""

DAMPINGS = (0.5, 0.25, 0.0)
"""Tried for the history in SHARES and RESEMBLES: 0 is the sum over it, .5 half-way to the mean."""

POPULARITY_RIDGE = 0.6
"""Of the predicted popularity, in units of the kernel's diagonal."""

LEAST_DEVIATION = 0.1
"""Of the logarithm of an amount: where nearly all items have a decade, one without says little."""

LEARNING_USERS = 1_000
"""Users that the weights are learned on, at most."""

NEGLIGIBLE = 0.01
"""Share of the greatest weight below which a block has none."""


@dataclass(frozen=True, slots=True)
class UnseenChoice:
    """Weights of an untouched item's terms.

    `knowledge`: of SHARES; `blocks`: `w_b` of RESEMBLES; `factors` and `popularity`: of the fused
    vector, whose ridge is `regularization`, and of the predicted popularity. `damping` is that of
    the history in the terms of SHARES and RESEMBLES. `deviation` is that of the whole score over
    the items of a list. `quality`: nDCG@10 on the folds, of all terms together and of each kind
    alone. `errors`: standard errors of the weights, by the names of the terms and blocks.
    """

    knowledge: float
    blocks: Mapping[str, float]
    factors: float = 0.0
    popularity: float = 0.0
    regularization: float = 0.5
    damping: float = 0.5
    deviation: float = 1.0
    quality: Mapping[str, float] = field(default_factory=dict)
    errors: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known of items without feedback, one row an item.

    `shares`: the vectors whose products are SHARES; `blocks`: unit rows by name; `amounts`: how
    much is known.
    """

    shares: csr_array
    blocks: Mapping[str, Block]
    amounts: NDArray[np.float32]

    def take(self, items: NDArray[np.integer]) -> "Knowledge":
        """Of these items only."""
        return Knowledge(
            csr_array(self.shares[items]),
            {name: rows[items] for name, rows in self.blocks.items()},
            self.amounts[items],
        )


@dataclass(frozen=True, slots=True)
class _Fold:
    """`features` (n_features, users, items) of hidden items; which of them each user has."""

    features: NDArray[np.float32]
    is_relevant: NDArray[np.bool_]
    users: NDArray[np.intp]

    def lists(self, by: NDArray[np.float64]) -> Lists:
        """A list of all hidden items for each user, with features times these numbers."""
        features = self.features * by[:, None, None].astype(np.float32)
        is_open = np.ones(self.is_relevant.shape, dtype=np.bool_)
        return Lists(features, is_open, self.is_relevant, self.users)

    def ndcg(self, weights: NDArray[np.float64]) -> Quality:
        scores = np.tensordot(weights.astype(np.float32), self.features, 1)
        is_open = np.ones(scores.shape, dtype=np.bool_)
        n_relevant = self.is_relevant.sum(axis=1)
        return mean_ndcg(scores, is_open, self.is_relevant, n_relevant, (10,))

    def deviation(self, weights: NDArray[np.float64]) -> float:
        scores = np.tensordot(weights.astype(np.float32), self.features, 1)
        return float(scores.std(axis=1).mean())


def learn_unseen(
    bench: Bench,
    knowledge: Knowledge,
    factors: FactorChoice | None,
    damping: float,
    rng: np.random.Generator,
) -> UnseenChoice | None:
    """The weights, or None where too little is known to learn any.

    `knowledge` is of the bench's items, in their order. Without `factors`, fused vectors and
    popularity have no part in the score.
    """
    known = csr_array((bench.is_known | bench.is_relevant).astype(np.float32))
    count = np.asarray(known.sum(axis=0)).ravel()
    touched = np.flatnonzero(count)
    if len(touched) < 4 * FOLDS or not knowledge.blocks:
        return None
    order = rng.permutation(touched)
    seed = int(rng.integers(2**31))
    hidden = [np.sort(order[number::FOLDS]) for number in range(FOLDS)]
    users = np.arange(known.shape[0])
    if len(users) > LEARNING_USERS:
        users = np.sort(rng.choice(users, LEARNING_USERS, replace=False))
    blocks = sorted(knowledge.blocks)
    folds = [
        _Hidden(known, np.setdiff1d(touched, items), items, knowledge, users, damping, count)
        for items in hidden
    ]
    plain = [{value: fold.plain(blocks, value) for value in DAMPINGS} for fold in folds]
    even = dict.fromkeys(blocks, 1.0)
    popularity = [fold.popularity(even) for fold in folds]
    vectors = [fold.user_factors(factors, seed) for fold in folds]
    # Vectors and predicted popularity are served by the factor model.
    served = np.float32(factors is not None)

    def assemble(fused: list[NDArray[np.float32]], value: float) -> list[_Fold]:
        return [
            fold.fold(np.stack([*layers[value], served * term, served * rank]))
            for fold, layers, term, rank in zip(folds, plain, fused, popularity, strict=True)
        ]

    alone = np.eye(len(blocks) + 3)[-2]
    terms = {
        value: [
            fold.fused_term(even, *pair, value) for fold, pair in zip(folds, vectors, strict=True)
        ]
        for value in REGULARIZATIONS[: None if served else 1]
    }
    regularization = max(
        terms, key=lambda value: _quality(assemble(terms[value], DAMPINGS[0]), alone)
    )
    candidates = []
    for value in DAMPINGS:
        assembled = assemble(terms[regularization], value)
        weights = _fit(assembled)
        candidates.append((_quality(assembled, weights), value, weights, assembled))
    _, content_damping, weights, assembled = max(candidates, key=lambda candidate: candidate[0])
    errors = _errors(assembled, weights)
    kinds = {
        "all": slice(None),
        "knowledge": slice(0, 1),
        "semantic": slice(1, -2),
        "factors": slice(-2, -1),
        "popularity": slice(-1, None),
    }
    kept = _kept(dict(zip(blocks, weights[1:-2].tolist(), strict=True)))
    names = ["knowledge", *blocks, "factors", "popularity"]
    return UnseenChoice(
        knowledge=float(weights[0]),
        blocks=kept,
        factors=float(weights[-2]),
        popularity=float(weights[-1]),
        regularization=regularization,
        damping=content_damping,
        deviation=float(np.mean([fold.deviation(weights) for fold in assembled])) or 1.0,
        quality={
            kind: round(_quality(assembled, _only(weights, part)), 5)
            for kind, part in kinds.items()
        },
        errors={
            name: float(f"{error:.2g}")
            for name, error in zip(names, errors, strict=True)
            if name not in blocks or name in kept
        },
    )


def _only(weights: NDArray[np.float64], part: slice) -> NDArray[np.float64]:
    only = np.zeros_like(weights)
    only[part] = weights[part]
    return only


def _quality(folds: list[_Fold], weights: NDArray[np.float64]) -> float:
    """Mean nDCG@10 of the lists of all folds."""
    return float(np.concatenate([fold.ndcg(weights) for fold in folds]).mean())


@dataclass(frozen=True, slots=True)
class _Hidden:
    """One fold: feedback on the `kept` items is known, that on the `items` is hidden."""

    known: csr_array
    kept: NDArray[np.intp]
    items: NDArray[np.intp]
    knowledge: Knowledge
    users: NDArray[np.intp]
    damping: float
    count: NDArray[np.floating]

    def histories(self, damping: float) -> csr_array:
        rows = csr_array(self.known[self.users][:, self.kept])
        length = np.maximum(np.asarray(rows.sum(axis=1)).ravel(), 1.0)
        scale = np.repeat(length**-damping, np.diff(rows.indptr))
        return csr_array((rows.data * scale, rows.indices, rows.indptr), shape=rows.shape)

    def plain(self, blocks: list[str], damping: float) -> NDArray[np.float32]:
        """Terms of SHARES, and of RESEMBLES one layer a block: (1 + blocks, users, items)."""
        history = self.histories(damping)
        layers = []
        for features in (self.knowledge.shares, *(self.knowledge.blocks[name] for name in blocks)):
            product = (history @ features[self.kept]) @ features[self.items].T
            layers.append(product if isinstance(product, np.ndarray) else product.toarray())
        return np.stack(layers).astype(np.float32)

    def popularity(self, weights: Mapping[str, float]) -> NDArray[np.float32]:
        """What is predicted for the hidden items, times the sum of the user's history, so that it
        stays in proportion to the other terms: (users, items)."""
        model = fit_popularity_model(self.knowledge.take(self.kept), weights, self.count[self.kept])
        length = np.asarray(self.histories(self.damping).sum(axis=1)).ravel()
        predicted = model.predict(self.knowledge.take(self.items))
        return np.outer(length, predicted).astype(np.float32)

    def user_factors(
        self, choice: FactorChoice | None, seed: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Vectors of the users (from their histories) and of the kept items."""
        if choice is None:
            nothing = np.zeros((1, 1), dtype=np.float32)
            return nothing.repeat(len(self.users), axis=0), nothing.repeat(len(self.kept), axis=0)
        rows = csr_array(self.known[:, self.kept])
        factors = fit_factors(rows, choice, self.damping, seed)
        return self.histories(self.damping) @ factors.sources, factors.targets

    def fused_term(
        self,
        weights: Mapping[str, float],
        users: NDArray[np.float32],
        targets: NDArray[np.float32],
        regularization: float,
    ) -> NDArray[np.float32]:
        """The users' scores for the fused vectors of the hidden items: (users, items)."""
        fusion = fit_fusion(self.knowledge.blocks, weights, targets, self.kept, regularization)
        fused = fusion.vectors(self.knowledge.take(self.items).blocks)
        return np.asarray(users @ fused.T, dtype=np.float32)

    def fold(self, features: NDArray[np.float32]) -> _Fold:
        relevant = self.known[self.users][:, self.items].toarray() > 0.0
        useful = relevant.any(axis=1) & ~relevant.all(axis=1)
        return _Fold(features[:, useful], relevant[useful], self.users[useful])


@dataclass(frozen=True, slots=True)
class PopularityModel:
    """Predicts `log(1 + n)` minus its mean over the items learned from, n being an item's feedback.

    Amounts count as one more block, `AMOUNT`, once `mean` is taken away and the rest is divided by
    `scale`, both of shape (n_amounts,): it then counts as much as one with rows of length 1.
    """

    maps: Mapping[str, NDArray[np.float32]]
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]

    def predict(self, wanted: Knowledge) -> NDArray[np.float32]:
        """For these items; shape (n_items,)."""
        return Fusion(self.maps).vectors(self.blocks(wanted))[:, 0]

    def blocks(self, known: Knowledge) -> dict[str, Block]:
        """What it predicts from."""
        standard = (known.amounts - self.mean) / self.scale
        return {**known.blocks, AMOUNT: standard.astype(np.float32)}


def fit_popularity_model(
    known: Knowledge, weights: Mapping[str, float], count: NDArray[np.number]
) -> PopularityModel:
    """Learn it from the items of `known`, whose feedback is counted.

    The blocks of knowledge together count as much as the amounts.
    """
    deviation = np.maximum(known.amounts.std(axis=0), np.float32(LEAST_DEVIATION))
    scale = (deviation * np.sqrt(max(len(deviation), 1))).astype(np.float32)
    model = PopularityModel({}, known.amounts.mean(axis=0), scale)
    total = sum(weights.values()) or 1.0
    scaled = {name: weight / total for name, weight in weights.items()}
    target = np.log1p(count)
    target = (target - target.mean())[:, None]
    rows = np.arange(len(count))
    weights = {**scaled, AMOUNT: 1.0}
    fusion = fit_fusion(model.blocks(known), weights, target, rows, POPULARITY_RIDGE)
    return replace(model, maps=fusion.maps)


def _fit(folds: list[_Fold]) -> NDArray[np.float64]:
    """Non-negative weights of least listwise loss over the folds."""
    scale = _scale(folds)
    return fit_listwise([fold.lists(scale) for fold in folds], _penalty(len(scale))) * scale


def _errors(folds: list[_Fold], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard errors of these weights; 0 of a feature that is the same everywhere."""
    scale = _scale(folds)
    fitted = np.divide(weights, scale, out=np.zeros_like(weights), where=scale > 0.0)
    lists = [fold.lists(scale) for fold in folds]
    return listwise_errors(lists, _penalty(len(scale)), fitted) * scale


def _scale(folds: list[_Fold]) -> NDArray[np.float64]:
    """What makes the deviation of each feature 1; 0 for one that is the same everywhere."""
    deviation = np.sqrt(np.mean([fold.features.var(axis=(1, 2)) for fold in folds], axis=0))
    scale: NDArray[np.float64] = np.zeros_like(deviation)
    return np.divide(1.0, deviation, out=scale, where=deviation > 0.0)


def _penalty(n_features: int) -> Penalty:
    return Penalty(np.full(n_features, PENALTY), np.zeros(n_features))


def _kept(weights: Mapping[str, float]) -> dict[str, float]:
    floor = NEGLIGIBLE * max(weights.values(), default=0.0)
    return {name: weight for name, weight in weights.items() if weight > floor}
