"""docs/data.md names every table and key of a mapping, every default and every finding."""

import re
from pathlib import Path

import pytest

from graph.files.readers import FORMAT_OF_SUFFIX
from graph.mapping_tables import (
    MISSING,
    Attribute,
    Choice,
    Cleaning,
    Facts,
    Feedback,
    Items,
    KCore,
    Property,
    Table,
    Tables,
    Users,
)
from graph.model import RESERVED_TYPES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
MODELS = (Tables, Items, Users, Property, Attribute, Facts, Feedback, Choice, Cleaning, KCore)


@pytest.mark.parametrize("model", MODELS)
def test_every_key_is_described(model: type[Table]) -> None:
    for key in model.model_fields:
        described = rf"`\[*(items\.|users\.)?{key}\]*`"
        written = f"{key} = " in PAGE or f"[{key}]" in PAGE
        assert re.search(described, PAGE) or written, f"{model.__name__}.{key}"


def test_defaults_and_names_are_described() -> None:
    for word in (*(cell for cell in MISSING if cell), *RESERVED_TYPES, "jsonl", "parquet"):
        assert f"`{word}`" in PAGE, word
    assert set(FORMAT_OF_SUFFIX.values()) == {"csv", "tsv", "jsonl", "parquet"}


def test_every_finding_is_described() -> None:
    code = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "graph" / "validation").glob("*.py")
    )
    severity = '"(?:error|warning|info)"'
    after_severity = rf"{severity}(?: if [^,]*? else {severity})?,\s*\"([a-z-]+)\""
    found = {*re.findall(after_severity, code), *re.findall(r'"([a-z]+-[a-z-]+)"', code)}
    found -= {"error", "warning", "info"}
    assert {"file", "time-unit", "facts-on-wrong-items", "spelling", "lost-value"} <= found
    for name in found:
        assert f"`{name}`" in PAGE, name
