"""Which of the files are items, users, facts or feedback, by their columns' names and values."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from graph.proposal.profiles import ColumnProfile, FileProfile

USER_WORDS = (
    *("user", "customer", "member", "visitor", "viewer", "reader", "listener", "buyer", "client"),
    *("player", "account", "uid", "patient", "student", "person"),
)
ITEM_WORDS = (
    *("isbn", "asin", "sku", "iid", "item", "movie", "film", "book", "product", "article"),
    *("song", "track", "album", "artist", "game", "video", "show", "recipe", "course", "job"),
    *("business", "restaurant", "listing", "anime", "paper", "drug"),
)
TITLE_WORDS = ("title", "name", "label", "headline")
TEXT_WORDS = ("text", "description", "overview", "summary", "plot", "abstract", "synopsis", "body")
RELATION_WORDS = ("relation", "predicate", "property", "attribute", "relationship")
ENTITY_WORDS = ("entity", "value", "object", "tail", "name", "tag")
KIND_WORDS = ("kind", "type", "class", "category")
RATING_WORDS = ("rating", "score", "stars", "value")
AMOUNT_WORDS = ("plays", "playcount", "listens", "count", "weight", "quantity", "qty")
TIME_WORDS = ("timestamp", "time", "date", "at", "datetime", "created", "ts", "when")
EVENT_WORDS = ("event", "action", "behavior", "behaviour", "interaction")
WRITTEN_WORDS = ("tag", "keyword", "comment", "review", "note", "text", "query")
ORDER_WORDS = ("order", "basket", "invoice", "transaction", "session", "receipt")
SPLIT_WORDS = ("fold", "split", "partition")
PERSON_WORDS = ("age", "gender", "sex", "occupation", "zip", "birth")


@dataclass(frozen=True, slots=True)
class FactColumns:
    """The columns of a file of facts."""

    item: ColumnProfile
    entity: ColumnProfile
    relation: ColumnProfile | None
    kind: ColumnProfile | None


@dataclass(frozen=True, slots=True)
class FeedbackColumns:
    """The columns of a file of feedback. `part` is the split that its name says."""

    user: ColumnProfile
    item: ColumnProfile
    value: ColumnProfile | None
    at: ColumnProfile | None
    event: ColumnProfile | None
    split: ColumnProfile | None
    part: str | None


@dataclass(slots=True)
class Roles:
    """What each file is taken for; `unused` with the reason."""

    items: tuple[FileProfile, ColumnProfile] | None = None
    users: tuple[FileProfile, ColumnProfile] | None = None
    facts: list[tuple[FileProfile, FactColumns]] = field(default_factory=list)
    feedback: list[tuple[FileProfile, FeedbackColumns]] = field(default_factory=list)
    unused: list[tuple[FileProfile, str]] = field(default_factory=list)


def find_roles(profiles: Sequence[FileProfile]) -> Roles:
    """Give every file its role."""
    roles = Roles()
    nodes: list[tuple[FileProfile, ColumnProfile, bool]] = []
    for profile in profiles:
        user, item = profile.column(USER_WORDS), _item_column(profile)
        if user is not None and user.is_key and user.n_rows > 1:
            item = None  # A row for each user: what looks like an item (a job) is an attribute.
        if not profile.columns:
            roles.unused.append((profile, "it holds no rows"))
        elif user is not None and item is not None and user is not item:
            _add_feedback(roles, profile, user, item)
        elif (key := _key(profile, user or item)) is not None:
            is_person = user is not None or (
                item is None
                and profile.column(PERSON_WORDS) is not None
                and profile.column(TITLE_WORDS) is None
            )
            nodes.append((profile, key, is_person))
        elif _first(profile.columns, ORDER_WORDS, lambda c: c.is_named_id) is not None:
            reason = "its rows name orders: join it so that each row has the user and the item"
            roles.unused.append((profile, reason))
        elif item is not None and (facts := _facts(profile, item)) is not None:
            roles.facts.append((profile, facts))
        else:
            roles.unused.append((profile, "its columns look like none of them"))
    for is_person in (False, True):
        candidates = [(p, key) for p, key, person in nodes if person == is_person]
        candidates.sort(key=lambda pair: (pair[0].column(TITLE_WORDS) is None, -_size(pair[0])))
        if candidates and is_person:
            roles.users = candidates[0]
        elif candidates:
            roles.items = candidates[0]
        what = "users" if is_person else "items"
        for profile, _ in candidates[1:]:
            roles.unused.append((profile, f"another file looks more like the {what}"))
    roles.feedback.sort(key=lambda pair: _part_order(pair[1].part))
    return roles


def find_title(columns: Sequence[ColumnProfile], key: ColumnProfile) -> ColumnProfile | None:
    """The column that is shown to people: of `artist_name` and `track_name` that of the key."""
    fit = [column for column in columns if not set(column.words).isdisjoint(TITLE_WORDS)]
    for word in TITLE_WORDS:
        named = [column for column in fit if word in column.words]
        if named:
            own = [column for column in named if set(column.words) <= {word, *key.words}]
            return (own or named)[0]
    return None


def _item_column(profile: FileProfile) -> ColumnProfile | None:
    """The column of items: of `artist_name`, `track_id` and `book_rating` the one of ids."""
    measures = (*RATING_WORDS, *AMOUNT_WORDS, *TIME_WORDS, *EVENT_WORDS)
    fit = [column for column in profile.columns if set(column.words).isdisjoint(measures)]
    untitled = [column for column in fit if set(column.words).isdisjoint(TITLE_WORDS)]
    named = [column for column in untitled if column.is_named_id]
    for columns in (named, untitled, fit):
        item = _first(columns, ITEM_WORDS, lambda _: True)
        if item is not None:
            return item
    return None


def _add_feedback(
    roles: Roles, profile: FileProfile, user: ColumnProfile, item: ColumnProfile
) -> None:
    rest = [column for column in profile.columns if column not in (user, item)]
    at = _first(rest, TIME_WORDS, lambda c: c.time_unit is not None) or next(
        (c for c in rest if c.time_unit is not None and c.n_distinct > 30), None
    )
    rest = [column for column in rest if column is not at]
    split = _first(rest, SPLIT_WORDS, lambda c: c.n_distinct <= 30)
    value = _first(rest, (*RATING_WORDS, *AMOUNT_WORDS), lambda c: c.numbers is not None)
    event = _first(
        rest,
        (*EVENT_WORDS, "type", "kind"),
        lambda c: 1 < c.n_distinct <= 20 and set(c.words).isdisjoint(ITEM_WORDS),
    )
    used = (split, value, event)
    written = [
        c
        for c in rest
        if c not in used and c.n_distinct > 30 and not set(c.words).isdisjoint(WRITTEN_WORDS)
    ]
    if written and value is None and event is None:
        reason = f"the text in {written[0].name!r} says what users think, not what the item is"
        roles.unused.append((profile, reason))
        return
    name = re.split(r"[^a-z]+", profile.path.name.lower())
    part = next(
        (split_name for split_name, words in _PARTS.items() if any(word in name for word in words)),
        None,
    )
    columns = FeedbackColumns(user, item, value, at, event, split, part)
    roles.feedback.append((profile, columns))


_PARTS = {
    "train": ("train", "training"),
    "valid": ("valid", "validation", "val", "dev"),
    "test": ("test", "testing"),
}


def _part_order(part: str | None) -> int:
    return [None, *_PARTS].index(part)


def _key(profile: FileProfile, named: ColumnProfile | None) -> ColumnProfile | None:
    """The column that is the key of the file, if it has one."""
    if named is not None:
        return named if named.is_key else None
    return next(
        (c for c in profile.columns if c.is_key and c.words in (("id",), ("key",), ("code",))),
        None,
    )


def _facts(profile: FileProfile, item: ColumnProfile) -> FactColumns | None:
    rest = [c for c in profile.columns if c is not item and c.n_present]
    relation = _first(rest, RELATION_WORDS, lambda c: c.n_distinct <= 200)
    rest = [c for c in rest if c is not relation]
    kind = _first(rest, KIND_WORDS, lambda c: c.n_distinct <= 200 and len(rest) > 1)
    rest = [c for c in rest if c is not kind]
    if not rest:
        return None
    named = [c for c in rest if set(c.words) & set(ENTITY_WORDS)] or rest
    entity = max(named, key=lambda c: (c.numbers is None, c.n_distinct))
    return FactColumns(item, entity, relation, kind)


def _first(
    columns: Sequence[ColumnProfile],
    names: Sequence[str],
    fits: Callable[[ColumnProfile], bool],
) -> ColumnProfile | None:
    for name in names:
        for column in columns:
            if name in column.words and fits(column):
                return column
    return None


def _size(profile: FileProfile) -> int:
    return sum(column.n_present for column in profile.columns)
