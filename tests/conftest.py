"""Stores for the tests: `ladybug_store`, and `store`, which runs a test on each kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.connect import open_store
from graph.store import Store


@pytest.fixture
def ladybug_store(tmp_path: Path) -> Iterator[Store]:
    """A new embedded graph."""
    with open_store(f"ladybug://{tmp_path}/graph.lbug?buffer_mb=128") as store:
        yield store


@pytest.fixture(params=["ladybug"])
def store(request: pytest.FixtureRequest) -> Store:
    """A new graph of each kind."""
    opened: Store = request.getfixturevalue(f"{request.param}_store")
    return opened
