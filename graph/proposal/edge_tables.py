"""Writes the tables of facts and feedback: relations, types and thresholds by the columns."""

import re
from pathlib import Path

from graph.mapping_names import kind_name, relation_name
from graph.proposal.profiles import FileProfile, all_values
from graph.proposal.roles import RATING_WORDS, FactColumns, FeedbackColumns
from graph.proposal.toml_text import file_keys, name_or, quoted

_IMPLICIT = {
    "view": "VIEWED",
    "click": "CLICKED",
    "play": "PLAYED",
    "listen": "PLAYED",
    "read": "READ",
    "cart": "PUT_IN_CART",
    "purchase": "BOUGHT",
    "order": "BOUGHT",
    "buy": "BOUGHT",
    "transaction": "BOUGHT",
    "like": "LIKED",
    "rating": "RATED",
}
"""What feedback is called by a word in a file's name or an event's, the weakest first."""

_PERSON_WORDS = frozenset(
    {
        *("actor", "actress", "cast", "starring", "director", "writer", "screenwriter", "author"),
        *("producer", "composer", "editor", "cinematographer", "singer", "songwriter"),
        *("directed", "wrote", "written", "composed", "narrator", "illustrator", "translator"),
    }
)
"""Relations that lead to people: who directs one film and writes another is one entity."""

_GOOD_SHARE = 0.8
_MOST_TYPES = 30


def facts_table(profile: FileProfile, facts: FactColumns, base: Path) -> str:
    """The table of a file of facts."""
    lines = ["[[facts]]", file_keys(profile, base), f"item = {quoted(facts.item.name)}"]
    if facts.relation is not None:
        lines.append("# The relations in the column become relationship types; rename them like")
        lines.append('# { column = "...", names = { director = "DIRECTED_BY" } }')
        lines.append(f"relation = {{ column = {quoted(facts.relation.name)} }}")
    else:
        lines.append(
            f"relation = {quoted(name_or(relation_name, facts.entity.name, 'HAS', 'HAS_'))}"
        )
    lines.append(f"entity = {quoted(facts.entity.name)}")
    kind = facts.kind or facts.relation
    if kind is not None:
        lines.append("# The kind of entity; the same name under one kind is one entity.")
        kinds = all_values(profile, kind)
        people = [value for value in kinds if not _PERSON_WORDS.isdisjoint(_words(value))]
        names = ", ".join(f'{quoted(value)} = "Person"' for value in people)
        named = f", names = {{ {names} }}" if people else ""
        lines.append(f"kind = {{ column = {quoted(kind.name)}{named} }}")
    else:
        lines.append(f"kind = {quoted(name_or(kind_name, facts.entity.name, 'Thing'))}")
    return "\n".join(lines) + "\n"


def feedback_tables(profile: FileProfile, columns: FeedbackColumns, base: Path) -> list[str]:
    """The tables of a file of feedback: two where ratings divide into good and low ones."""
    lines = ["[[feedback]]", file_keys(profile, base)]
    lines.append(f"user = {quoted(columns.user.name)}")
    lines.append(f"item = {quoted(columns.item.name)}")
    if columns.value is not None:
        lines.append(f"value = {quoted(columns.value.name)}")
    if columns.at is not None:
        lines.append(f"at = {quoted(columns.at.name)}")
        lines.append(f"time_unit = {quoted(str(columns.at.time_unit))}")
    if columns.part is not None:
        lines.append(f"split = {quoted(columns.part)} # by the file's name; `test` trains nothing")
    elif columns.split is not None:
        lines.append(f"split = {{ column = {quoted(columns.split.name)} }}")
    if columns.event is not None:
        return ["\n".join([*lines, *_event_type(profile, columns)]) + "\n"]
    numbers = None if columns.value is None else columns.value.numbers
    if (
        columns.value is None
        or numbers is None
        or not 3 <= numbers[1] <= 100
        or set(columns.value.words).isdisjoint(RATING_WORDS)
    ):
        name = _implicit_name(profile.path.name)
        return ["\n".join([*lines, f"type = {quoted(name)}"]) + "\n"]
    good = _GOOD_SHARE * numbers[1]
    good = float(round(good)) if columns.value.is_whole else good
    if numbers[0] >= good:
        return ["\n".join([*lines, 'type = "LIKED"']) + "\n"]
    return [
        "\n".join(
            [
                f"# {good:g} of {numbers[1]:g} and better is taken as liking.",
                *lines,
                'type = "LIKED"',
                f'keep = ">= {good:g}"',
            ]
        )
        + "\n",
        "\n".join(
            [
                "# The rest is history of a type of its own; training learns how much it counts.",
                *lines,
                'type = "RATED_LOW"',
                f'keep = "< {good:g}"',
            ]
        )
        + "\n",
    ]


def _event_type(profile: FileProfile, columns: FeedbackColumns) -> list[str]:
    """The types by column, the strongest first."""
    assert columns.event is not None  # noqa: S101 # the caller has looked
    strengths = list(_IMPLICIT)
    values = all_values(profile, columns.event)
    if len(values) > _MOST_TYPES:  # later rows hold something else: list what the first ones hold
        values = columns.event.values
    named = {value: _event_name(value) for value in values}
    order = sorted(
        named,
        key=lambda value: (
            -max((at for at, word in enumerate(strengths) if word in value.lower()), default=-1)
        ),
    )
    pairs = ", ".join(f"{quoted(value)} = {quoted(named[value])}" for value in order)
    return [
        "# The first type is what is recommended; the others are history.",
        f"type = {{ column = {quoted(columns.event.name)}, names = {{ {pairs} }} }}",
    ]


def _event_name(value: str) -> str:
    for word, name in _IMPLICIT.items():
        if word in value.lower():
            return name
    return name_or(relation_name, value, "DID")


def _words(value: str) -> list[str]:
    return re.findall(r"[a-z]+", value.lower())


def _implicit_name(file_name: str) -> str:
    for word, name in _IMPLICIT.items():
        if word in file_name.lower() and name != "RATED":
            return name
    return "INTERACTED"
