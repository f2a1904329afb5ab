"""Says a path in a sentence, in English or Chinese, and nothing that the path does not hold.

The words are in `recommender/phrases/*.toml`. What they claim depends on the edges alone: a type of
feedback or a relation without a phrase of its own is named as it stands in the graph.
"""

import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

from graph.model import ITEM_EVIDENCE
from recommender.request import Language
from recommender.suggestion import Path

ALIKE = 0.25
"""The cosine from which on a part of the content is named as one in which two items are alike."""

_Phrases = Mapping[str, Mapping[str, str]]


@lru_cache
def phrases(lang: Language) -> _Phrases:
    """All phrases of a language by section and key."""
    text = files("recommender.phrases").joinpath(f"{lang}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def say_note(lang: Language, key: str, **values: object) -> str:
    """A remark on a whole answer."""
    return phrases(lang)["note"][key].format(**values)


def say_headline(lang: Language, key: str, user: str | None, **values: object) -> str:
    """The verdict on one item for one user, or for a session where `user` is None."""
    headlines = phrases(lang)["headline"]
    who = headlines["session"] if user is None else headlines["user"].format(user=user)
    return headlines[key].format(who=who, **values)


def say_why(
    lang: Language,
    path: Path | None,
    predicted: str,
    *,
    is_popular: bool,
    is_disfavoured: bool,
    is_fitting: bool = False,
    fitting: Sequence[str] = (),
) -> str:
    """Why an item is suggested, by its strongest path.

    Args:
        lang: the language of the sentence.
        path: the strongest path that speaks for it, or None.
        predicted: the type of feedback that evidence was learned from.
        is_popular: the prior speaks for it more than this path does.
        is_disfavoured: evidence speaks against it.
        is_fitting: the factor model, which knows the whole history and has no path, speaks for it
            more than all else.
        fitting: the names of the items of the history that it fits best, best first.
    """
    sentences = phrases(lang)["sentence"]
    if path is None:
        if is_fitting:
            return sentences["fitting"].format(above_all=_above_all(lang, fitting))
        key = "prior" if is_popular else "against" if is_disfavoured else "nothing"
        return sentences[key]
    suffix = "_fitting" if is_fitting else "_popular" if is_popular else ""
    above_all = _above_all(lang, fitting)
    if path.edges[-1].type == "FAVOURS":
        entity = path.nodes[-2]
        return sentences["profile" + suffix].format(
            entity=entity.name,
            kind=_readable(entity.label),
            do=_people_do(lang, predicted),
            above_all=above_all,
        )
    return sentences["reason" + suffix].format(
        anchor=_anchor(lang, path), evidence=_evidence(lang, path, predicted), above_all=above_all
    )


def _above_all(lang: Language, fitting: Sequence[str]) -> str:
    """What of the history an item fits best."""
    book = phrases(lang)["fitting"]
    items = book["and"].join(book["item"].format(item=item) for item in fitting)
    return book["above_all"].format(items=items) if items else ""


def _anchor(lang: Language, path: Path) -> str:
    """How the path's first item came to be in the history."""
    templates = phrases(lang)["anchor"]
    if path.nodes[0].label == "Item":
        return templates["SESSION"].format(item=path.nodes[0].name)
    feedback = path.edges[0].type
    template = templates.get(feedback, templates["OTHER"])
    return template.format(item=path.nodes[1].name, type=_readable(feedback))


def _evidence(lang: Language, path: Path, predicted: str) -> str:
    """What the path says from its first item on."""
    book = phrases(lang)
    last = path.edges[-1]
    if last.type in ITEM_EVIDENCE:
        section = book["evidence" if last.weight >= 0.0 else "evidence_below_zero"]
        said = section[last.type].format(do=_people_do(lang, predicted))
        return said + _in_what(lang, path)
    return _shared(lang, last.type, path.nodes[-2].name)


def _shared(lang: Language, relation: str, entity: str) -> str:
    """That two items have the same entity."""
    shared = phrases(lang)["shared"]
    plain = relation.removeprefix("HAS_")
    template = shared.get(relation, shared.get(plain, shared["OTHER"]))
    return template.format(entity=entity, relation=_readable(plain))


def _in_what(lang: Language, path: Path) -> str:
    """In which parts of their content two items are alike, and what both have."""
    book = phrases(lang)["similar"]
    parts = book["separator"].join(
        book["part"].format(name=book.get(name, name), value=f"{value:.2f}")
        for name, value in sorted(path.similarity.items(), reverse=True)
        if value >= ALIKE
    )
    said = book["brackets"].format(parts=parts) if parts else ""
    if path.both is None or path.edges[-1].weight < 0.0:
        return said
    shared = _shared(lang, path.both.relation, path.both.entity.name)
    return said + book["both"].format(shared=shared)


def _people_do(lang: Language, predicted: str) -> str:
    people = phrases(lang)["people"]
    return people.get(predicted, people["OTHER"])


def _readable(type: str) -> str:
    """`WORKS_AS` or `AgeGroup` as words."""
    if type.isupper():
        return type.replace("_", " ").lower()
    spaced = "".join(f" {letter}" if letter.isupper() else letter for letter in type)
    return spaced.replace("_", " ").strip().lower()
