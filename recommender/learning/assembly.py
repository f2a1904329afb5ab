"""Fits every signal: from choices and feedback to its edges or factors, and to scores on a bench.

Run twice: on the feedback to choose on, to see what a mixture is worth once the evidence is cut;
and on all feedback, for the artifact (`recommender/learning/finishing.py`). Every item-to-item
signal is scaled so that its scores have deviation 1, so a theta means the same in both.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from embeddings.fusion import Block
from embeddings.vectors import Vectors
from graph.dataset import Dataset, Feedback
from recommender.evidence import Edges
from recommender.history import type_strength, weigh
from recommender.kernels.fact_rows import rows_by_relation
from recommender.kernels.factors import FactorChoice, Factors, fit_factors
from recommender.kernels.neighbours import fit_neighbours
from recommender.kernels.popularity import fit_popularity
from recommender.kernels.profile import fit_profile
from recommender.kernels.resemblance import fit_resemblance
from recommender.kernels.shared_facts import fact_vectors, fit_shared_facts, joined_vectors
from recommender.learning.blocks import all_blocks, amounts, fact_blocks
from recommender.learning.collaborative import CollaborativeChoice, fit_collaborative
from recommender.learning.mixing import Mixture, Scores
from recommender.learning.sequential import SequentialChoice, fit_sequence
from recommender.learning.unseen import Knowledge, UnseenChoice
from recommender.learning.validation import Bench, feedback_rows
from recommender.recipe import RELATION_OF_SIGNAL, SignalRecipe

DAMPING = 0.5
"""Between the sum and the mean over the history: a longer one says more, but not in proportion.
That of `CONTENT` is chosen where the weights for items without feedback are learned."""

SEQUENTIAL_EDGES = 2
"""Times `edges_per_item` for `FOLLOWED_BY`: only the latest pieces of a history are looked up
there, and its cut costs more than others (ml-1m: .2845 whole, .2823 with 200, .2805 with 100)."""

ENTITY_EDGES = 5
"""Times `edges_per_item` for `FAVOURS`: there are few entities, and they must do without help."""

WELL_KNOWN = 3
"""Pieces of feedback that an item of a large catalogue needs for a row in dense kernels."""

FREELY_DENSE = 2_500
"""Items up to which every item with any feedback has a row."""

LEAKING = ("gnn",)
"""Parts that were learned from feedback: they know what the folds of `unseen.py` hide and would get
far too much weight there, which cost .045 of nDCG@10 on untouched items of ml-100k."""

CONTENT = ("knowledge", "semantic")
"""The signals whose edges reach items without feedback."""

SCALING_USERS = 1_000
"""Users whose scores the deviation of a signal is measured on."""


@dataclass(frozen=True, slots=True)
class Choices:
    """All that was chosen on validation data.

    `profile_alone`: for users without history. `unseen`: how items without feedback are scored, and
    `unseen_scale` how much that counts beside the scores of other items.
    """

    collaborative: CollaborativeChoice
    sequential: SequentialChoice
    relation_weights: Mapping[str, float]
    mixture: Mixture
    factors: FactorChoice = field(default_factory=FactorChoice)
    unseen: UnseenChoice | None = None
    unseen_scale: float = 1.0
    profile_alone: float = 0.5


@dataclass(frozen=True)
class Assembly:
    """What stays the same for every fit on one dataset.

    `parts` are the embeddings of the items by name. `facts` and `vectors` are by relation, `blocks`
    hold the unit rows of facts and parts.
    """

    dataset: Dataset
    signals: tuple[str, ...]
    edges_per_item: int
    max_dense_items: int
    history_limit: int
    parts: Mapping[str, Vectors] = field(default_factory=dict)
    seed: int = 0
    facts: Mapping[str, csr_array] = field(init=False, repr=False)
    vectors: Mapping[str, csr_array] = field(init=False, repr=False)
    blocks: Mapping[str, Block] = field(init=False, repr=False)
    traits: csr_array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        facts = rows_by_relation(self.dataset.item_facts, len(self.dataset.items))
        object.__setattr__(self, "facts", facts)
        vectors = {relation: fact_vectors(rows) for relation, rows in facts.items()}
        object.__setattr__(self, "vectors", vectors)
        blocks = all_blocks(fact_blocks(self.dataset), self.parts)
        object.__setattr__(self, "blocks", blocks)
        object.__setattr__(self, "traits", user_traits(self.dataset))

    @property
    def shape(self) -> tuple[int, int]:
        """Users and items."""
        return len(self.dataset.users), len(self.dataset.items)

    def positions(self, feedback: Feedback) -> NDArray[np.int32]:
        """Items that have a row in dense kernels."""
        count = np.bincount(feedback.item[feedback.type == 0], minlength=self.shape[1])
        touched = np.flatnonzero(count)
        if len(touched) > FREELY_DENSE:
            touched = np.flatnonzero(count >= WELL_KNOWN)
        return touched.astype(np.int32)

    def is_dense(self, feedback: Feedback) -> bool:
        """Whether dense kernels are to be used for so many items."""
        return len(self.positions(feedback)) <= self.max_dense_items

    def facts_among(self, items: NDArray[np.int32]) -> dict[str, csr_array]:
        """Rows of facts over a selection of items, by relation."""
        return {relation: csr_array(rows[:, items]) for relation, rows in self.facts.items()}

    def usable_signals(self, feedback: Feedback, *, timed: bool) -> tuple[str, ...]:
        """The signals asked for that this data can teach."""
        possible = {
            "collaborative": True,
            "sequential": timed and self.is_dense(feedback),
            "knowledge": bool(self.facts),
            "semantic": bool(self.blocks),
            "factors": self.is_dense(feedback),
            "profile": self.traits.nnz > 0,
        }
        return tuple(name for name in self.signals if possible[name])

    def item_edges(self, feedback: Feedback, choices: Choices, signal: str) -> Edges:
        """The evidence of one item-to-item signal, not scaled."""
        if signal == "collaborative":
            rows = feedback_rows(feedback, self.shape)
            if not self.is_dense(feedback):
                return fit_neighbours(rows, self.edges_per_item)
            positions = self.positions(feedback)
            return fit_collaborative(
                rows, self.facts, choices.collaborative, positions, self.edges_per_item
            )
        if signal == "sequential":
            positions = self.positions(feedback)
            edges_per_item = SEQUENTIAL_EDGES * self.edges_per_item
            return fit_sequence(feedback, choices.sequential, positions, edges_per_item)
        untouched = self.untouched(feedback)
        weights = self.content_weights(signal, choices)
        if signal == "semantic":
            return fit_resemblance(self.blocks, weights, self.edges_per_item, untouched)
        return fit_shared_facts(self.vectors, weights, self.edges_per_item, untouched)

    def untouched(self, feedback: Feedback) -> NDArray[np.bool_]:
        """Items without any feedback, shape (n_items,)."""
        count = np.bincount(feedback.item, minlength=self.shape[1])
        return np.asarray(count == 0)

    def content_weights(self, signal: str, choices: Choices) -> Mapping[str, float]:
        """`w_r` of `SHARES` or `w_b` of `RESEMBLES`; all alike where none were learned."""
        if signal == "knowledge":
            return choices.relation_weights
        if choices.unseen is not None and choices.unseen.blocks:
            return choices.unseen.blocks
        return dict.fromkeys(self.blocks, 1.0)

    def knowledge(self, relation_weights: Mapping[str, float]) -> Knowledge:
        """What is known of every item without its feedback."""
        return Knowledge(
            joined_vectors(self.vectors, relation_weights, self.shape[1]),
            {name: rows for name, rows in self.blocks.items() if name not in LEAKING},
            amounts(self.dataset),
        )

    def factors(self, feedback: Feedback, choices: Choices) -> Factors:
        """The factor model over all items; rows of those without a dense row are 0."""
        positions = self.positions(feedback)
        rows = csr_array(feedback_rows(feedback, self.shape)[:, positions])
        found = fit_factors(rows, choices.factors, DAMPING, self.seed)
        sources = np.zeros((self.shape[1], found.sources.shape[1]), dtype=np.float32)
        targets = np.zeros_like(sources)
        sources[positions], targets[positions] = found.sources, found.targets
        return Factors(sources, targets)

    def profile_edges(self, feedback: Feedback) -> Edges:
        """The evidence of the profile."""
        rows = feedback_rows(feedback, self.shape)
        return fit_profile(self.traits, rows, ENTITY_EDGES * self.edges_per_item)

    def prior(self, feedback: Feedback) -> NDArray[np.float64]:
        """The weight of the prior for each item."""
        return fit_popularity(feedback.item[feedback.type == 0], self.shape[1])

    def signal_recipe(self, signal: str, theta: float, choices: Choices) -> SignalRecipe:
        """How a signal weighs a history."""
        decay, damping = None, DAMPING
        if signal == "collaborative":
            decay = choices.collaborative.decay
        elif signal == "sequential":
            decay = choices.sequential.decay
        elif signal in CONTENT and choices.unseen is not None:
            damping = choices.unseen.damping
        return SignalRecipe(RELATION_OF_SIGNAL[signal], theta, decay, damping)

    def scorer(
        self, bench: Bench, fit: Feedback, choices: Choices
    ) -> Callable[[str, Mapping[str, float]], Scores]:
        """Scores of one signal on a bench over all items, with deviation 1."""
        kernels: dict[str, csr_array] = {}
        models: dict[str, Factors] = {}
        untouched = self.untouched(fit)

        def score(signal: str, type_weights: Mapping[str, float]) -> Scores:
            if signal == "prior":
                scores = np.tile(self.prior(fit), (bench.shape[0], 1))
            elif signal == "profile":
                favours = matrix_of(self.profile_edges(fit), (self.traits.shape[1], self.shape[1]))
                scores = (self.traits[bench.users] @ favours).toarray()
            else:
                strength = type_strength(bench.history, self.dataset.feedback_types, type_weights)
                recipe = self.signal_recipe(signal, 1.0, choices)
                weights = weigh(bench.history, strength, recipe, bench.shape)
                if signal == "factors":
                    if not models:
                        models[signal] = self.factors(fit, choices)
                    scores = (weights @ models[signal].sources) @ models[signal].targets.T
                else:
                    if signal not in kernels:
                        edges = self.item_edges(fit, choices, signal)
                        kernels[signal] = matrix_of(edges, (self.shape[1], self.shape[1]))
                    scores = (weights @ kernels[signal]).toarray()
            if signal in CONTENT:
                # Items without feedback have weights of their own, learned elsewhere.
                scores[:, untouched] = 0.0
            return (scores / (scores.std() or 1.0)).astype(np.float32)

        return score

    def tune_profile_alone(self, bench: Bench, fit: Feedback) -> float:
        """How much the profile counts beside the prior for a user without history."""
        favours = matrix_of(self.profile_edges(fit), (self.traits.shape[1], self.shape[1]))
        lift = (self.traits[bench.users] @ favours).toarray()
        prior = self.prior(fit)[None, :]
        candidates = (0.0, 0.25, 0.5, 0.75, 1.0)
        quality = [float(bench.quality(prior + weight * lift).mean()) for weight in candidates]
        return candidates[int(np.argmax(quality))]


def user_traits(dataset: Dataset) -> csr_array:
    """Which user has which entity, by any relation; shape (users, entities), binary."""
    shape = (len(dataset.users), len(dataset.entities))
    facts = [dataset.user_facts[relation] for relation in sorted(dataset.user_facts)]
    if not facts:
        return csr_array(shape)
    source = np.concatenate([fact.source for fact in facts])
    entity = np.concatenate([fact.entity for fact in facts])
    traits = csr_array((np.ones(len(source)), (source, entity)), shape=shape)
    traits.sum_duplicates()
    traits.data[:] = 1.0
    return traits


def matrix_of(edges: Edges, shape: tuple[int, int]) -> csr_array:
    """Edges as a sparse matrix, sources in rows."""
    return csr_array((edges.weight, (edges.source, edges.target)), shape=shape)
