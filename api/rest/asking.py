"""What a request for suggestions may ask for, with scenarios and the defaults of the settings."""

import time
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from api.rest.parameters import PLAIN_KEYS, WHOLE, Id, Line, Text
from api.rest.problems import NOT_FOUND, Problem, invalid_problem
from api.settings import RecommendSettings, Settings
from graph.errors import UsageError
from recommender.filter_syntax import MAX_LENGTH
from recommender.request import MAX_N, MAX_OFFSET, Language, Request, Rotation
from recommender.suggestion import Explain

MAX_EXCLUDED = 10_000
MAX_HISTORY = 1_000
MAX_IN_ADDRESS = 100
"""Ids in a query: an address has room for some 60 KB."""

MAX_CONTEXT = 20

Signal = Literal[
    "collaborative", "sequential", "knowledge", "semantic", "factors", "profile", "prior"
]
Words = Annotated[Line, StringConstraints(min_length=1, max_length=200)]
ScenarioName = Annotated[Line, StringConstraints(min_length=1, max_length=100)]
N = Annotated[int, Field(ge=1, le=MAX_N, description="How many, 10 by default."), WHOLE]
Offset = Annotated[
    int, Field(ge=0, le=MAX_OFFSET, description="Places of the list to leave out."), WHOLE
]
Filter = Annotated[
    Text,
    Field(
        max_length=MAX_LENGTH,
        description="Only items for which it holds.",
        examples=["year >= 1990 and 'Comedy' in HAS_GENRE"],
    ),
]
Boost = Annotated[
    Text,
    Field(
        max_length=MAX_LENGTH,
        description="Factors, from 0 to 100, of the scores of items that pass a test.",
        examples=["year >= 1990: 1.5; 'Comedy' in HAS_GENRE: 0.5"],
    ),
]
Context = Annotated[
    dict[Words, Annotated[Line, StringConstraints(max_length=200)]],
    Field(
        max_length=MAX_CONTEXT,
        description="The caller's words for the occasion. They change no suggestion: they come "
        "back in the answer, and can be kept with the impressions.",
        examples=[{"device": "tv"}],
        json_schema_extra=PLAIN_KEYS,
    ),
]


class RankingOptions(BaseModel):
    """How items are ranked. What is left out comes from the scenario, then from the settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    n: N | None = None
    filter: Filter | None = None
    exclude: Annotated[
        list[Id] | None,
        Field(max_length=MAX_EXCLUDED, description="Items that must not be suggested."),
    ] = None
    include_seen: Annotated[
        bool | None, Field(description="Suggest items of the history, too.")
    ] = None
    signals: Annotated[
        list[Signal] | None,
        Field(min_length=1, max_length=7, description="Only these signals; all where left out."),
    ] = None
    diversity: Annotated[
        float | None,
        Field(ge=0.0, le=1.0, description="0: by score alone; 1: as varied as possible."),
    ] = None
    boost: Boost | None = None
    rotation: Annotated[
        float | None,
        Field(
            ge=0.0,
            le=1.0,
            description="The share of its score that an item loses when the user was shown it just "
            "now (POST /api/impressions); less and less over [serve] rotation_hours. 0: none.",
        ),
    ] = None
    lang: Annotated[Language | None, Field(description="Language of the sentences.")] = None


class Options(RankingOptions):
    """All that a scenario, `[serve.scenarios.NAME]`, may hold."""

    explain: Annotated[
        Explain | None,
        Field(
            description="How much is said of each item. none: its score; paths (the default): its "
            "paths with their contributions, and the other contributions summed by signal; full: "
            "every contribution. They add up to the score in either case."
        ),
    ] = None
    return_properties: Annotated[
        bool | None, Field(description="Give the properties of the items.")
    ] = None


class Asked(Options):
    """The parameters of a request for suggestions."""

    offset: Offset | None = None
    scenario: Annotated[
        ScenarioName | None,
        Field(description="A named set of parameters of the settings; those given here win."),
    ] = None


class AskedInAddress(Asked):
    """The parameters of a request for suggestions, in an address: lists are short there."""

    exclude: Annotated[
        list[Id] | None,
        Field(
            max_length=MAX_IN_ADDRESS,
            description="Items that must not be suggested; longer lists go in the body of POST.",
        ),
    ] = None


class AskedBody(Asked):
    """The parameters of a request for suggestions, in a body."""

    model_config = ConfigDict(
        strict=True,
        json_schema_extra={
            "examples": [
                {
                    "n": 5,
                    "filter": "year >= 1990",
                    "boost": "'Comedy' in HAS_GENRE: 1.5",
                    "context": {"device": "tv"},
                }
            ]
        },
    )

    context: Context | None = None


class AskedInSession(AskedBody):
    """What a visitor without an account did, and the same parameters."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"history": ["f9", "f3"], "n": 5}]})

    history: Annotated[
        list[Id],
        Field(min_length=1, max_length=MAX_HISTORY, description="Item ids, the latest last."),
    ]


class AskedToExplain(RankingOptions):
    """The list that an item is explained in, and the pieces of history to imagine away."""

    scenario: Annotated[
        ScenarioName | None,
        Field(description="A named set of parameters of the settings; those given here win."),
    ] = None
    exclude: Annotated[
        list[Id] | None,
        Field(max_length=MAX_IN_ADDRESS, description="Items that must not be suggested."),
    ] = None
    without: Annotated[
        list[Id] | None,
        Field(
            max_length=MAX_IN_ADDRESS,
            description="Items of the history: what if they weighed nothing?",
        ),
    ] = None


def read_scenarios(settings: Settings) -> dict[str, Options]:
    """The scenarios of the settings; a UsageError says what is wrong with one."""
    found = {}
    for name, values in settings.serve.scenarios.items():
        try:
            options = Options.model_validate(dict(values), strict=True)
        except ValidationError as error:
            said = invalid_problem(
                [{**entry, "loc": ("", *entry["loc"])} for entry in error.errors()]
            )
            raise UsageError(f"[serve.scenarios.{name}] {said.detail}") from error
        try:
            _request(settings, options.model_dump(exclude_none=True), {"user": "anyone"})
        except UsageError as error:
            raise UsageError(f"[serve.scenarios.{name}] {error}") from error
        found[name] = options
    return found


def choices(
    settings: Settings, scenarios: Mapping[str, Options], asked: RankingOptions
) -> dict[str, Any]:
    """The parameters that count: those given, else the scenario's, else none.

    Raises a Problem for an unknown scenario.
    """
    given = asked.model_dump(exclude_none=True)
    name = given.pop("scenario", None)
    if name is None:
        return given
    if name not in scenarios:
        known = ", ".join(sorted(scenarios)) or "none"
        raise Problem(NOT_FOUND, f"no scenario is called {name!r}; the settings have {known}")
    return {**scenarios[name].model_dump(exclude_none=True), **given}


def make_request(settings: Settings, chosen: Mapping[str, Any], **about: Any) -> Request:
    """The request to the recommender; `about` says for whom."""
    return _request(settings, chosen, about)


def _request(settings: Settings, chosen: Mapping[str, Any], about: Mapping[str, Any]) -> Request:
    defaults: RecommendSettings = settings.recommend
    options: dict[str, Any] = {
        "n": chosen.get("n", defaults.n),
        "lang": chosen.get("lang", defaults.lang),
        "diversity": chosen.get("diversity", defaults.diversity),
        "offset": chosen.get("offset", 0),
        "exclude": frozenset(chosen.get("exclude", ())),
        "include_seen": chosen.get("include_seen", False),
        "explain": chosen.get("explain", "paths"),
    }
    options |= {name: chosen[name] for name in ("filter", "boost") if name in chosen}
    if "signals" in chosen:
        options["signals"] = tuple(dict.fromkeys(chosen["signals"]))
    if share := chosen.get("rotation", 0.0):
        within_s = settings.serve.rotation_hours * 3600.0
        options["rotation"] = Rotation(share, within_s, time.time())
    return Request(**{**options, **about})
