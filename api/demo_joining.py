"""Which film of Wikidata a film of MovieLens is: by title and year, with the reasons kept apart.

A wrong link is worse than none (it puts false paths into the graph), so only titles that are equal
after normalisation are joined, or that are a whole part of the other title in the very same year;
and where the years differ by one, the genres must not contradict each other.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator

from api.demo_sources import Film, Movie

_ARTICLES = frozenset(
    (
        *("the", "a", "an", "les", "la", "le", "l", "il", "lo", "die", "der", "das", "den"),
        *("el", "los", "las", "en", "o"),
    )
)
_NUMBERS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("ten", "eleven", "twelve"),
)
_INVERTED = re.compile(r"^(?P<title>.+), (?P<article>[^\W\d]{1,3}'?)$")
_IN_PARENTHESES = re.compile(r"\s*\(([^)]*)\)")
_PARTS = re.compile(r"\s*[:–—]\s*|\s+-\s+")
_GENRES = {"Children's": "Family", "Film-Noir": "Crime"}
_SPELLINGS = {
    "colour": "color",
    "colours": "colors",
    **{word: str(number) for number, word in enumerate(_NUMBERS)},
}


def display_title(title: str) -> str:
    """`The Usual Suspects` for `Usual Suspects, The`."""
    match = _INVERTED.match(title)
    if match is None or _plain(match["article"]) not in _ARTICLES:
        return title
    space = "" if match["article"].endswith("'") else " "
    return f"{match['article']}{space}{match['title']}"


def join(movies: Iterable[Movie], films: Iterable[Film]) -> dict[str, Film]:
    """The film for each movie id that has one."""
    by_title: dict[str, list[Film]] = defaultdict(list)
    by_part: dict[str, list[Film]] = defaultdict(list)
    for film in films:
        by_title[_key(film.title)].append(film)
        parts = _PARTS.split(film.title)
        for part in {_key(parts[0]), _key(parts[-1])} if len(parts) > 1 else ():
            by_part[part].append(film)
    joined = {}
    for movie in movies:
        if movie.year is None:
            continue
        keys = [_key(title) for title in _titles(movie.title)]
        found = _nearest(movie, (f for key in keys for f in by_title[key]), years=1) or _nearest(
            movie, (f for key in keys for f in by_part[key]), years=0
        )
        if found is not None and (found.year == movie.year or not _contradict(movie, found)):
            joined[movie.id] = found
    return joined


def _nearest(movie: Movie, films: Iterable[Film], years: int) -> Film | None:
    """The one film nearest in time, at most `years` away; None where two are equally near."""
    assert movie.year is not None  # noqa: S101 # the caller skips movies without a year
    near: dict[int, set[int]] = defaultdict(set)
    found = {}
    for film in films:
        distance = abs(film.year - movie.year)
        if distance <= years:
            near[distance].add(film.id)
            found[film.id] = film
    if not near:
        return None
    best = near[min(near)]
    return found[best.pop()] if len(best) == 1 else None


def _contradict(movie: Movie, film: Film) -> bool:
    """Whether both have genres and share none."""
    ours = {_GENRES.get(genre, genre) for genre in movie.genres}
    theirs = {name for relation, name in film.facts if relation == "genre"}
    return bool(ours and theirs and not ours & theirs)


def _titles(title: str) -> Iterator[str]:
    """The title without what is in parentheses, and what is in them."""
    yield display_title(_IN_PARENTHESES.sub("", title).strip())
    for other in _IN_PARENTHESES.findall(title):
        yield display_title(other.strip())


def _key(title: str) -> str:
    """A title without case, accents, punctuation, leading article and spelling variants."""
    words = [_SPELLINGS.get(word, word) for word in _plain(title).split()]
    if len(words) > 1 and words[0] in _ARTICLES:
        del words[0]
    return " ".join(words)


def _plain(text: str) -> str:
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^a-z0-9]+", " ", ascii_text.lower().replace("'", "").replace("&", " and "))
