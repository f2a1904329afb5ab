"""Films that come after the training: recommended at once, by what they share, on both stores."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from graph.dataset import read_dataset
from graph.model import FactType, GraphSchema
from graph.store import Store
from recommender.arriving import place_arrivals
from recommender.learning.settings import TrainingSettings
from recommender.publishing import publish
from recommender.recommending import Recommender
from recommender.request import Request
from recommender.training import train

DIRECTORS = 6
FILMS_EACH = 6
USERS = 48
DIRECTED = FactType("Item", "DIRECTED_BY")


def write_films(store: Store) -> None:
    """Six directors with six films each; every user has a director whose films they like."""
    rng = np.random.default_rng(0)
    films = [f"f{d}{n}" for d in range(DIRECTORS) for n in range(FILMS_EACH)]
    store.prepare(
        GraphSchema(entity_kinds=("Person",), fact_types=(DIRECTED,), feedback_types=("LIKED",))
    )
    store.write_items(pa.table({"id": films, "title": [f"Film {film[1:]}" for film in films]}))
    users = [f"u{number}" for number in range(USERS)]
    store.write_users(pa.table({"id": users}))
    directors = [f"d{number}" for number in range(DIRECTORS)]
    store.write_entities(
        pa.table(
            {
                "id": directors,
                "kind": ["Person"] * DIRECTORS,
                "name": [f"Director {number}" for number in range(DIRECTORS)],
            }
        )
    )
    store.write_facts(
        DIRECTED,
        pa.table({"source": films, "entity": [f"d{f[1]}" for f in films], "weight": [1.0] * 36}),
    )
    liked = []
    for number, user in enumerate(users):
        own = [f"f{number % DIRECTORS}{n}" for n in range(FILMS_EACH)]
        liked += [(user, film) for film in rng.permutation(own)[:4]]
        liked += [(user, film) for film in rng.permutation(films)[:2] if film not in own]
    store.write_feedback(
        "LIKED",
        pa.table(
            {
                "user": [user for user, _ in liked],
                "item": [str(film) for _, film in liked],
                "value": [1.0] * len(liked),
                "at": pa.array([None] * len(liked), pa.int64()),
                "split": pa.array([None] * len(liked), pa.string()),
            }
        ),
    )


def train_films(store: Store, artifacts: Path) -> None:
    dataset = read_dataset(store)
    evidence = train(dataset, TrainingSettings(), rng=0)
    publish(store, evidence, fingerprint=dataset.fingerprint, artifacts=artifacts)


def append_film(store: Store, film: str = "new") -> None:
    """A film by director 2 that nobody has seen."""
    store.write_items(pa.table({"id": [film], "title": ["The New One"]}))
    facts = pa.table({"source": [film], "entity": ["d2"], "weight": [1.0]})
    store.write_facts(DIRECTED, facts)


def test_a_directors_fan_gets_the_new_film_with_the_path_through_the_director(
    store: Store, tmp_path: Path
) -> None:
    write_films(store)
    train_films(store, tmp_path)
    recommender = Recommender(store, tmp_path)
    assert "new" not in {one.item for one in recommender.recommend(Request("u2", n=40)).suggestions}
    append_film(store)
    started = time.process_time()
    assert place_arrivals(store) == ["new"]
    answer = recommender.recommend(Request("u2", n=5))
    assert time.process_time() - started < 2.0
    [suggestion] = [one for one in answer.suggestions if one.item == "new"]
    through = [path for path in suggestion.paths if any(node.id == "d2" for node in path.nodes)]
    assert through, suggestion
    path = through[0]
    assert [edge.type for edge in path.edges] == ["LIKED", "DIRECTED_BY", "DIRECTED_BY"]
    assert path.nodes[0].id == "u2"
    assert path.nodes[1].id.startswith("f2")
    assert path.nodes[-1].id == "new"
    assert sum(term.value for term in suggestion.contributions) == pytest.approx(suggestion.score)


def test_nobody_elses_list_is_led_by_it(store: Store, tmp_path: Path) -> None:
    write_films(store)
    train_films(store, tmp_path)
    append_film(store)
    place_arrivals(store)
    for user in ("u0", "u1", "u3", "u4", "u5"):
        items = [
            one.item for one in Recommender(store, tmp_path).recommend(Request(user)).suggestions
        ]
        assert items[0] != "new"


def test_placing_again_adds_nothing_and_another_film_only_its_own(
    store: Store, tmp_path: Path
) -> None:
    write_films(store)
    train_films(store, tmp_path)
    append_film(store)
    place_arrivals(store)
    counts = dict(store.counts())
    assert place_arrivals(store) == []
    assert dict(store.counts()) == counts
    append_film(store, "newer")
    assert place_arrivals(store) == ["newer"]


def test_its_own_fans_are_led_on_from_it(store: Store, tmp_path: Path) -> None:
    write_films(store)
    train_films(store, tmp_path)
    append_film(store)
    place_arrivals(store)
    answer = Recommender(store, tmp_path).recommend(Request(history=("new",), n=3))
    assert answer.served_by == "history"
    assert {one.item[:2] for one in answer.suggestions} == {"f2"}


def test_nothing_is_placed_before_the_first_training(ladybug_store: Store) -> None:
    write_films(ladybug_store)
    assert place_arrivals(ladybug_store) == []


@pytest.mark.parametrize("module", ["recommender.arriving"])
def test_placing_needs_no_library_that_trains(module: str) -> None:
    code = (
        f"import sys, {module}; "
        "print(sorted({'torch', 'pykeen', 'dgl', 'transformers', 'implicit'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
