"""All settings in one place: `whypath.toml` < environment < command line; each folder owns its own.

This module alone reads the settings file and the environment. The tables of the mapping are handed
on unread: `graph.mapping` knows them.
"""

import difflib
import json
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from api.rest.settings import ServeSettings
from embeddings.gnn.settings import GnnSettings
from embeddings.kge.settings import KgeSettings
from embeddings.text.settings import API_KEY_ENV, TextSettings
from graph.errors import UsageError
from graph.mapping import MAPPING_TABLES
from recommender.evaluation.settings import EvaluationSettings
from recommender.learning.settings import TrainingSettings
from recommender.request import Language
from recommender.run_evidence import Retrieval

SETTINGS_FILE = "whypath.toml"
WORKSPACE = ".whypath"
ENV_PREFIX = "WHYPATH_"
TEST_PREFIX = "WHYPATH_TEST_"
OTHER_ENV = frozenset({"WHYPATH_REQUIRED_MARKERS", API_KEY_ENV})
NEO4J_ENV = {"NEO4J_URI": "url", "NEO4J_USERNAME": "username", "NEO4J_PASSWORD": "password"}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where the graph is. The password comes from the environment only.

    A relative path of an embedded graph counts from the project folder.
    """

    url: str = "ladybug:graph.lbug"
    username: str = "neo4j"
    database: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RecommendSettings:
    """Defaults of requests, and where a server reads the evidence that answers them."""

    n: int = 10
    lang: Language = "en"
    diversity: float = 0.0
    retrieval: Retrieval = "cypher"


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of one project, and the tables of its mapping as they were read."""

    project: Path
    store: StoreSettings = field(default_factory=StoreSettings)
    train: TrainingSettings = field(default_factory=TrainingSettings)
    evaluate: EvaluationSettings = field(default_factory=EvaluationSettings)
    recommend: RecommendSettings = field(default_factory=RecommendSettings)
    serve: ServeSettings = field(default_factory=ServeSettings)
    text: TextSettings = field(default_factory=TextSettings)
    kge: KgeSettings = field(default_factory=KgeSettings)
    gnn: GnnSettings = field(default_factory=GnnSettings)
    text_api_key: str = field(default="", repr=False)
    mapping: Mapping[str, Any] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        """The settings file, which may not exist."""
        return self.project / SETTINGS_FILE

    @property
    def artifacts(self) -> Path:
        """The folder of the vectors that serving reads."""
        return self.project / self.train.artifacts

    @property
    def workspace(self) -> Path:
        """The folder of what a second training need not compute again."""
        return self.project / WORKSPACE


SECTIONS: Mapping[str, type[Any]] = {
    "store": StoreSettings,
    "train": TrainingSettings,
    "evaluate": EvaluationSettings,
    "recommend": RecommendSettings,
    "serve": ServeSettings,
    "text": TextSettings,
    "kge": KgeSettings,
    "gnn": GnnSettings,
}
SECRET_KEYS: Mapping[tuple[str, str], str] = {
    ("store", "password"): "NEO4J_PASSWORD",
    ("text", "api_key"): API_KEY_ENV,
}
"""Keys that do not belong in a file, with the environment variable that holds each."""


def load_settings(
    project: Path,
    environ: Mapping[str, str] | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
) -> Settings:
    """Read the project's settings.

    `options` maps a section to the values given on the command line, which win; None is "not
    given". Raises UsageError for an unreadable file, an unknown key or an illegal value.
    """
    environ = os.environ if environ is None else environ
    table = _read_file(project / SETTINGS_FILE)
    known = [*SECTIONS, *MAPPING_TABLES]
    for name in table:
        if name not in known:
            raise UsageError(f"{SETTINGS_FILE}: unknown table [{name}]{_known(name, known)}")
    values = {name: _section_from_file(name, table.get(name, {})) for name in SECTIONS}
    for section, key, value in _from_environment(environ):
        values[section][key] = value
    for section, given in (options or {}).items():
        values[section].update({key: v for key, v in given.items() if v is not None})
    built = {name: _build(SECTIONS[name], name, values[name]) for name in SECTIONS}
    mapping = {name: table[name] for name in MAPPING_TABLES if name in table}
    api_key = environ.get(API_KEY_ENV, "")
    return Settings(project=project, mapping=mapping, text_api_key=api_key, **built)


def environment_name(section: str, key: str) -> str:
    """The environment variable that sets `key` of `[section]`."""
    return f"{ENV_PREFIX}{section}_{key}".upper()


def _read_file(file: Path) -> dict[str, Any]:
    try:
        text = file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return {}
    except IsADirectoryError as error:
        raise UsageError(f"{file} is a directory; it must be a TOML file.") from error
    except PermissionError as error:
        raise UsageError(f"{file} cannot be read: permission denied.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 (byte {error.start}); save it as UTF-8.") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{file} is not valid TOML: {error}.") from error


def _section_from_file(section: str, table: object) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise UsageError(f"{SETTINGS_FILE}: {section} must be a table: [{section}].")
    for key in table:
        if (section, key) in SECRET_KEYS:
            raise UsageError(
                f"{SETTINGS_FILE}: [{section}] {key} is a secret and does not belong in a file; "
                f"set the environment variable {SECRET_KEYS[section, key]}."
            )
        known = _keys(section)
        if key not in known:
            raise UsageError(
                f"{SETTINGS_FILE}: unknown key {key!r} in [{section}]{_known(key, known)}"
            )
    return dict(table)


def _from_environment(environ: Mapping[str, str]) -> Iterable[tuple[str, str, str]]:
    for name, key in NEO4J_ENV.items():
        if environ.get(name):
            yield "store", key, environ[name]
    names = {
        environment_name(section, key): (section, key)
        for section in SECTIONS
        for key in _keys(section)
    }
    for name in sorted(environ):
        if not name.startswith(ENV_PREFIX) or name.startswith(TEST_PREFIX) or name in OTHER_ENV:
            continue
        if name not in names:
            raise UsageError(f"unknown environment variable {name}{_known(name, list(names))}")
        section, key = names[name]
        yield section, key, environ[name]


def _keys(section: str) -> list[str]:
    return [entry.name for entry in fields(SECTIONS[section])]


def _known(given: str, known: list[str]) -> str:
    close = difflib.get_close_matches(given, known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else "."
    return f"{hint} Known: {', '.join(known)}."


def _build(kind: type[T], section: str, values: Mapping[str, Any]) -> T:
    read = {key: _from_text(kind, section, key, value) for key, value in values.items()}
    try:
        return TypeAdapter(kind).validate_python(read)
    except ValidationError as error:
        found = error.errors()
        name = str(found[0]["loc"][0])
        # A value that may be of several types has an error for each.
        of_name = [entry for entry in found if entry["loc"][0] == name]
        wrong = " or ".join(dict.fromkeys(_said(str(entry["msg"])) for entry in of_name))
        is_one = len(of_name) == 1
        key = ".".join(str(part) for part in found[0]["loc"]) if is_one else name
        value = found[0]["input"] if is_one else values[name]
        shown = "" if (section, key) in SECRET_KEYS else f" {value!r}"
        raise UsageError(f"setting {section}.{key} does not accept{shown}: {wrong}.") from error


def _said(message: str) -> str:
    """A message of pydantic as part of a sentence, in the words of TOML."""
    for theirs, ours in (
        ("a valid boolean", "true or false"),
        ("a valid tuple", "a list"),
        ("a valid dictionary", "a table"),
    ):
        message = message.replace(theirs, ours)
    return message[:1].lower() + message[1:]


def _from_text(kind: type[Any], section: str, key: str, value: Any) -> Any:
    """In the environment a list is written with commas, `knowledge,profile`, a table as JSON."""
    if not isinstance(value, str):
        return value
    types = next(str(entry.type) for entry in fields(kind) if entry.name == key)
    if "tuple[" in types:
        if "bool" in types and value.strip().lower() in ("true", "false"):
            return value.strip().lower() == "true"
        return [part.strip() for part in value.split(",") if part.strip()]
    if "Mapping[" in types:
        try:
            return json.loads(value)
        except json.JSONDecodeError as error:
            raise UsageError(
                f"setting {section}.{key} does not accept {value!r}: it is not JSON, such as "
                '{"name": 2}.'
            ) from error
    return value
