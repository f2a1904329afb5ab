"""The installed package: its top-level names are ours alone, and serving stays light."""

import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import cypher

TOP_LEVEL = ("graph", "embeddings", "recommender", "api", "cypher")
HEAVY = (
    "torch",
    "pykeen",
    "dgl",
    "transformers",
    "sentence_transformers",
    "implicit",
    "scipy",
    "pandas",
)


@pytest.mark.parametrize("name", TOP_LEVEL)
def test_no_other_distribution_ships_our_package(name: str) -> None:
    # An editable install lists no packages of its own.
    assert set(packages_distributions().get(name, ())) <= {"whypath"}


def test_serving_imports_no_heavy_library() -> None:
    code = (
        "import sys, api.cli, recommender.recommending, graph.connect\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_server_imports_no_heavy_library() -> None:
    # pyarrow imports pandas where it is installed; whypath does not ask for it.
    heavy = tuple(name for name in HEAVY if name != "pandas")
    code = f"import sys, api.rest.serving\nprint([n for n in {heavy!r} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_queries_are_part_of_the_package() -> None:
    assert sum(1 for file in Path(cypher.__path__[0]).rglob("*.cypher")) > 10
    assert Path(cypher.__path__[0]).name == "cypher"
