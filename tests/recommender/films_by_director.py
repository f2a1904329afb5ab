"""Six directors with six films each, and what training learns of them: the ground of arrivals."""

import hashlib
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from embeddings.kge.composing import compose, origin_of, rarities
from embeddings.origins import TextOrigin
from embeddings.vectors import Vectors
from graph.connect import open_store
from graph.dataset import Dataset, Feedback, read_dataset
from graph.model import FactType, GraphSchema, Run
from graph.store import Store
from recommender.evidence import Evidence
from recommender.learning.settings import TrainingSettings
from recommender.publishing import publish
from recommender.training import train

DIRECTORS = 6
FILMS_EACH = 6
USERS = 48
DIRECTED = FactType("Item", "DIRECTED_BY")
JOB = FactType("User", "WORKS_AS")
UNTOUCHED = "f2x"
"""A film by director 2 without feedback, in the graph at the training."""


def write_films(store: Store) -> None:
    """Every user has a director whose films they like, and a job that all with that director have.

    `UNTOUCHED` is the 37th film.
    """
    rng = np.random.default_rng(0)
    films = [f"f{d}{n}" for d in range(DIRECTORS) for n in range(FILMS_EACH)]
    store.prepare(
        GraphSchema(
            entity_kinds=("Person", "Job"), fact_types=(DIRECTED, JOB), feedback_types=("LIKED",)
        )
    )
    known = [*films, UNTOUCHED]
    titles = [f"Film {film[1:]} of {film[1]}" for film in known]
    store.write_items(pa.table({"id": known, "title": titles}))
    users = [f"u{number}" for number in range(USERS)]
    store.write_users(pa.table({"id": users}))
    for name, kind in (("d", "Person"), ("job", "Job")):
        write_entities(store, [f"{name}{number}" for number in range(DIRECTORS)], kind)
    write_facts(store, DIRECTED, [(film, f"d{film[1]}") for film in known])
    write_facts(store, JOB, [(user, f"job{int(user[1:]) % DIRECTORS}") for user in users])
    liked: list[tuple[str, str]] = []
    for number, user in enumerate(users):
        own = [f"f{number % DIRECTORS}{n}" for n in range(FILMS_EACH)]
        liked += [(user, str(film)) for film in rng.permutation(own)[:4]]
        liked += [(user, str(film)) for film in rng.permutation(films)[:2] if film not in own]
    like(store, liked)


def write_film(store: Store, film: str, director: str, title: str) -> None:
    """A film by a director, who is made if need be."""
    store.write_items(pa.table({"id": [film], "title": [title]}))
    write_entities(store, [f"d{director}"], "Person")
    write_facts(store, DIRECTED, [(film, f"d{director}")])


def write_entities(store: Store, ids: list[str], kind: str) -> None:
    names = [f"Name of {entity}" for entity in ids]
    store.write_entities(pa.table({"id": ids, "kind": [kind] * len(ids), "name": names}))


def write_facts(store: Store, type: FactType, facts: list[tuple[str, str]]) -> None:
    source, entity = zip(*facts, strict=True)
    ones = [1.0] * len(facts)
    store.write_facts(type, pa.table({"source": source, "entity": entity, "weight": ones}))


def like(store: Store, liked: list[tuple[str, str]]) -> None:
    """Users who like films."""
    users, films = zip(*liked, strict=True)
    store.write_feedback(
        "LIKED",
        pa.table(
            {
                "user": users,
                "item": films,
                "value": [1.0] * len(liked),
                "at": pa.array([None] * len(liked), pa.int64()),
                "split": pa.array([None] * len(liked), pa.string()),
            }
        ),
    )


def encode(dataset: Dataset, items: NDArray[np.intp]) -> Vectors:
    """An encoder of titles: what they end with decides most, all of their letters the rest."""
    values = np.zeros((len(items), 8), dtype=np.float32)
    for row, title in enumerate(dataset.words.titles[items].tolist()):
        for text, weight in ((title[-1], 1.0), (title, 0.3)):
            seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "little")
            values[row] += np.float32(weight) * np.random.default_rng(seed).normal(size=8)
    length = np.linalg.norm(values, axis=1, keepdims=True)
    known = np.ones(len(items), dtype=np.bool_)
    return Vectors((values / length).astype(np.float32), known, TextOrigin({"encoder": "letters"}))


def embed(dataset: Dataset, feedback: Feedback) -> dict[str, Vectors]:
    """Texts, and items composed of entities that have any vectors at all."""
    rng = np.random.default_rng(5)
    n_items, n_entities = len(dataset.items), len(dataset.entities)
    values = rng.normal(size=(n_entities, 4)).astype(np.float32)
    entities = Vectors(values, np.ones(n_entities, dtype=np.bool_))
    rarity = rarities(dataset.item_facts, n_items, n_entities)
    composed = compose(entities, dataset.item_facts, n_items, rarity)
    origin = origin_of(entities, dataset.entities, rarity)
    return {
        "text": encode(dataset, np.arange(n_items)),
        "knowledge": Vectors(composed.values, composed.is_known, origin),
    }


@cache
def learned() -> tuple[Evidence, str]:
    """What training learns of the films, and the fingerprint of their graph."""
    with TemporaryDirectory() as folder, open_store(f"ladybug://{folder}/graph.lbug") as store:
        write_films(store)
        dataset = read_dataset(store)
        # The collaborative signal is so good here that it would keep the factor model out.
        signals = ("knowledge", "semantic", "factors", "profile")
        evidence = train(dataset, TrainingSettings(signals=signals), rng=0, embed=embed)
        return evidence, dataset.fingerprint


def train_films(store: Store, artifacts: Path) -> Run:
    """Write the films and publish what was learned of them."""
    write_films(store)
    evidence, fingerprint = learned()
    return publish(store, evidence, fingerprint=fingerprint, artifacts=artifacts)
