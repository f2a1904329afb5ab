"""The text of an item: readable, the same every time, and the same for an item added later."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.text.rendering import FACTS_PER_RELATION, heading, render_item, render_items
from graph.dataset import Dataset, Facts, Words, concatenate
from graph.model import Entity, FactEdge


def fact(relation: str, name: str, weight: float = 1.0) -> FactEdge:
    return FactEdge("i", relation, Entity(name.lower(), "Thing", name), weight)


def test_an_item_reads_as_sentences() -> None:
    facts = [
        fact("HAS_GENRE", "Romance"),
        fact("HAS_GENRE", "Drama"),
        fact("DIRECTED_BY", "Jane Campion"),
    ]
    assert render_item("The Piano", "A mute woman\nand her piano!", facts) == (
        "The Piano. A mute woman and her piano! Directed by: Jane Campion. Genre: Drama, Romance."
    )


def test_a_title_with_which_the_text_begins_is_said_once() -> None:
    assert render_item("Heat", "Heat (1995) is a film", ()) == "Heat (1995) is a film."


@pytest.mark.parametrize(("title", "text"), [(None, None), ("", ""), (" ", "\n\0")])
def test_of_nothing_there_is_no_text(title: str | None, text: str | None) -> None:
    assert render_item(title, text, [fact("HAS_GENRE", "")]) == ""


def test_heavier_facts_come_first_then_better_known_ones() -> None:
    facts = [fact("HAS_TAG", name) for name in ("Common", "Rare")] + [fact("HAS_TAG", "Sure", 2.0)]
    degrees = {("HAS_TAG", "common"): 50, ("HAS_TAG", "rare"): 2, ("HAS_TAG", "sure"): 50}
    assert render_item(None, None, facts, degrees) == "Tag: Sure, Common, Rare."


def test_a_long_list_is_cut_and_stands_last() -> None:
    pages = [fact("MENTIONS", f"P{n:02}") for n in range(FACTS_PER_RELATION + 5)]
    text = render_item("T", None, [*pages, fact("SET_IN", "Rome")])
    assert text.startswith("T. Set in: Rome. Mentions: P00, P01")
    assert text.count("P") == FACTS_PER_RELATION


def test_control_signs_and_broken_surrogates_are_left_out() -> None:
    assert render_item("a\0b\ud800c", "熊。", ()) == "a b c. 熊。"


@pytest.mark.parametrize(
    ("relation", "words"),
    [("HAS_GENRE", "Genre"), ("DIRECTED_BY", "Directed by"), ("filmedIn", "Filmed in")],
)
def test_a_relation_is_readable(relation: str, words: str) -> None:
    assert heading(relation) == words


def make_dataset(pairs: list[tuple[int, int]], n_items: int = 4, n_entities: int = 6) -> Dataset:
    pairs = sorted(set(pairs))
    columns = np.array(pairs, dtype=np.int32).reshape(-1, 2)
    return Dataset(
        users=np.array([], dtype=object),
        items=np.array([f"i{n}" for n in range(n_items)], dtype=object),
        entities=np.array([f"e{n}" for n in range(n_entities)], dtype=object),
        feedback_types=("LIKED",),
        feedback=concatenate([]),
        item_facts={"HAS_TAG": Facts(columns[:, 0], columns[:, 1], np.ones(len(pairs)))},
        user_facts={},
        words=Words(
            titles=np.array([f"T{n}" for n in range(n_items)], dtype=object),
            texts=np.array([""] * n_items, dtype=object),
            names=np.array([f"E{n % 3}" for n in range(n_entities)], dtype=object),
            kinds=np.array(["Tag"] * n_entities, dtype=object),
        ),
    )


PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=20)


@given(PAIRS, st.randoms())
def test_an_item_added_later_gets_the_text_it_would_have_had(pairs, random) -> None:
    dataset = make_dataset(pairs)
    tags = dataset.item_facts["HAS_TAG"]
    degrees = {("HAS_TAG", f"e{n}"): int((tags.entity == n).sum()) for n in range(6)}
    for n, expected in enumerate(render_items(dataset)):
        of_item = tags.entity[tags.source == n]
        entities = [Entity(f"e{e}", "Tag", dataset.words.names[e]) for e in of_item]
        facts = [FactEdge(f"i{n}", "HAS_TAG", entity) for entity in entities]
        random.shuffle(facts)
        assert render_item(f"T{n}", "", facts, degrees) == expected


def test_without_facts_or_words_less_is_said() -> None:
    dataset = make_dataset([(0, 1)])
    assert render_items(dataset, with_facts=False)[0] == "T0."
    silent = Dataset(
        **{name: getattr(dataset, name) for name in dataset.__slots__} | {"words": Words()}
    )
    assert render_items(silent) == [""] * 4
