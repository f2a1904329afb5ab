"""The text of an item: its title, what is written about it, and one line of its facts.

    Toy Story. A cowboy doll is jealous of a space ranger. From decade: 1990s. Directed by: John
    Lasseter. Genre: Animation, Comedy. Cast: Tom Hanks, Tim Allen.

An item that is appended later gets the text that it would have had in training: everything is
decided by the item, its facts and how many items share them.
"""

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from graph.dataset import Dataset, Ids
from graph.model import Entity, FactEdge

FACTS_PER_RELATION = 4
"""Entities named for one relation: a film has a hundred linked pages and few tokens for them."""

Degrees = Mapping[tuple[str, str], int]
"""How many items have an entity by a relation: `(relation, entity id)` to the number."""


def render_items(
    dataset: Dataset, items: NDArray[np.integer] | None = None, *, with_facts: bool = True
) -> list[str]:
    """The text of each item of a dataset, in its order; "" for one of which nothing is said.

    `items` are the positions of those that are wanted, all by default.
    """
    wanted = np.arange(len(dataset.items)) if items is None else items
    facts, degrees = _facts_by_item(dataset, wanted) if with_facts else ({}, {})
    titles = _or_empty(dataset.words.titles, len(dataset.items))
    texts = _or_empty(dataset.words.texts, len(dataset.items))
    return [render_item(titles[n], texts[n], facts.get(n, ()), degrees) for n in wanted.tolist()]


def render_item(
    title: str | None, text: str | None, facts: Sequence[FactEdge], degrees: Degrees | None = None
) -> str:
    """The text of one item.

    Args:
        title: its title, left out where its text begins with it.
        text: what is written about it.
        facts: its facts, in any order.
        degrees: how many items have each of its facts, itself included, as the store's
            `entity_degrees` counts them; without them every one counts as equally well known.
    """
    title, text = _one_line(title or ""), _one_line(text or "")
    parts = [text] if title and text.startswith(title) else [title, text]
    sentences = [*parts, *_fact_sentences(facts, degrees or {})]
    return " ".join(_ended(sentence) for sentence in sentences if sentence)


def _fact_sentences(facts: Sequence[FactEdge], degrees: Degrees) -> list[str]:
    """One sentence a relation; those with few entities first, so that long lists are cut."""
    groups: dict[str, dict[str, FactEdge]] = {}
    for fact in facts:
        if _one_line(fact.entity.name):
            groups.setdefault(fact.relation, {})[fact.entity.id] = fact
    sentences = []
    for relation in sorted(groups, key=lambda relation: (len(groups[relation]), relation)):
        told = sorted(groups[relation].values(), key=lambda fact: _telling(fact, degrees))
        names = [_one_line(fact.entity.name) for fact in told[:FACTS_PER_RELATION]]
        sentences.append(f"{heading(relation)}: {', '.join(dict.fromkeys(names))}")
    return sentences


def _telling(fact: FactEdge, degrees: Degrees) -> tuple[float, int, str, str]:
    """The order within a relation: heavier, then better known (docs/decisions/text-encoders.md).

    How well known counts in powers of two: else each new item would change the texts of many
    others, which would all have to be encoded again.
    """
    degree = degrees.get((fact.relation, fact.entity.id), 1)
    return -fact.weight, -degree.bit_length(), fact.entity.name, fact.entity.id


def heading(relation: str) -> str:
    """`HAS_GENRE` as "Genre", `DIRECTED_BY` as "Directed by", `filmedIn` as "Filmed in"."""
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", relation.removeprefix("HAS_"))
    return plain.replace("_", " ").strip().lower().capitalize()


def _one_line(text: str) -> str:
    """Without line breaks, control characters and broken surrogates: encoders stumble over them."""
    if not text.isprintable():
        text = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(text.split())


def _ended(sentence: str) -> str:
    return sentence if sentence[-1] in ".!?…。！？" else f"{sentence}."


def _or_empty(words: Ids, n: int) -> Ids:
    """The words, or as many empty ones for a dataset without words."""
    return words if len(words) == n else np.full(n, "", dtype=object)


def _facts_by_item(
    dataset: Dataset, items: NDArray[np.integer]
) -> tuple[dict[int, list[FactEdge]], dict[tuple[str, str], int]]:
    """The facts of these items by position, and the degrees of all entities in them."""
    names = _or_empty(dataset.words.names, len(dataset.entities))
    kinds = _or_empty(dataset.words.kinds, len(dataset.entities))
    is_wanted = np.zeros(len(dataset.items), dtype=np.bool_)
    is_wanted[items] = True
    facts: dict[int, list[FactEdge]] = {}
    degrees: dict[tuple[str, str], int] = {}
    for relation, columns in dataset.item_facts.items():
        count = np.bincount(columns.entity, minlength=len(dataset.entities))
        rows = is_wanted[columns.source]
        found: dict[int, Entity] = {}
        for n in np.unique(columns.entity[rows]).tolist():
            found[n] = Entity(dataset.entities[n], kinds[n], names[n])
            degrees[relation, dataset.entities[n]] = int(count[n])
        edges = zip(
            columns.source[rows].tolist(),
            columns.entity[rows].tolist(),
            columns.weight[rows].tolist(),
            strict=True,
        )
        for source, entity, weight in edges:
            edge = FactEdge(dataset.items[source], relation, found[entity], weight)
            facts.setdefault(source, []).append(edge)
    return facts, degrees
