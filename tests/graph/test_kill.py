"""`kill -9` of a writer at random moments: what was acknowledged is there, and nothing is half."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.connect import open_store
from graph.model import FactType
from graph.store import Store
from tests.graph.kill_target import HAS, ITEMS, USERS

TARGET = Path(__file__).with_name("kill_target.py")
ROUNDS = int(os.environ.get("WHYPATH_KILL_ROUNDS", "2"))
"""How often each store is killed; `WHYPATH_KILL_ROUNDS=10` is a longer look."""


def write_and_kill(url: str, password: str, moment: random.Random) -> list[list[str]]:
    """Run the writer until some time after its first run, kill it; what it had acknowledged."""
    with subprocess.Popen(
        [sys.executable, str(TARGET), url, password], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        said = []
        for line in writer.stdout:
            said.append(line.split())
            if said[-1][0] == "run":
                break
        time.sleep(moment.uniform(0.0, 0.8))
        writer.kill()
        said += [line.split() for line in writer.stdout if line.endswith("\n")]
    assert said, "the writer died by itself"
    return said


def check(store: Store, said: list[list[str]]) -> None:
    """Everything acknowledged is there; no edge without its properties, no run half served."""
    assert store.read_items().num_rows == ITEMS
    users = store.read_users().column("id").to_pylist()
    posters = {user for user in users if user.startswith("p")}
    assert len(users) == USERS + len(posters)
    assert posters >= {words[1] for words in said if words[0] == "post"}
    assert store.read_facts(HAS).num_rows == ITEMS
    assert store.read_facts(FactType("Item", "NONE")).num_rows == 0
    feedback = store.read_feedback("LIKED")
    assert feedback.column("value").null_count == 0
    kept = dict(
        zip(
            zip(
                feedback.column("user").to_pylist(),
                feedback.column("item").to_pylist(),
                strict=True,
            ),
            feedback.column("value").to_pylist(),
            strict=True,
        )
    )
    # A user comes with its feedback or not at all.
    assert posters == {user for user, _ in kept if user.startswith("p")}
    for _, number, first in (words for words in said if words[0] == "feedback"):
        for user in range(int(first), int(first) + 100):
            for item in range(int(number) % 3, ITEMS, 3):
                assert kept[f"u{user}", f"i{item}"] >= float(number)
    acknowledged = [int(words[1]) for words in said if words[0] == "run"]
    current = store.current_run()
    assert current is not None
    assert current.is_ready
    assert current.id >= max(acknowledged)
    for run in store.runs():
        if run.is_ready:
            edges = store.evidence([f"i{n}" for n in range(ITEMS)], ["i0", "i1"], run.id)
            assert len(edges) == 2 * 2 * 10
            assert {edge.weight for edge in edges} == {float(run.id)}


@pytest.fixture(params=["ladybug", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """URL and password of a new graph that no process holds."""
    if request.param == "ladybug":
        yield f"ladybug://{tmp_path}/graph.lbug", ""
    else:
        request.getfixturevalue("neo4j_store")
        yield request.getfixturevalue("neo4j_server")


def test_a_killed_writer_loses_nothing(place: tuple[str, str]) -> None:
    url, password = place
    moment = random.Random(7)
    for _ in range(ROUNDS):
        said = write_and_kill(url, password, moment)
        with open_store(url, password=password or None) as store:
            check(store, said)
