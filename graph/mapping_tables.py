"""The tables of a mapping file as frozen models: each key, its type, its default.

`docs/data.md` explains every key to its users; a test holds the two together.
"""

from collections.abc import Callable
from typing import Annotated, Literal, Self

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from graph.condition import Condition, parse_condition
from graph.errors import MappingError
from graph.mapping_names import kind_name, property_name, relation_name
from graph.model import PropertyType

FileFormat = Literal["csv", "tsv", "jsonl", "parquet"]
TimeUnit = Literal["s", "ms", "us", "ns", "iso"]
DuplicatesPolicy = Literal["last", "first", "max", "sum"]

MISSING = (
    *("", "-", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "none", "\\N"),
    *("unknown", "Unknown", "UNKNOWN"),
)
"""Cells that count as missing unless the mapping says otherwise; "Na" is a name, "NA" is not."""


class Table(BaseModel):
    """A table of the mapping file: frozen, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _parse_keep(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return parse_condition(value)
    except MappingError as error:
        raise ValueError(str(error)) from error


def _check_pattern(value: str) -> str:
    if value.replace(r"\(", "").replace("(?:", "").count("(") != 1:
        raise ValueError(f"the pattern {value!r} must have one group in parentheses")
    try:
        pc.replace_substring_regex(pa.array([""]), value, "")
    except pa.ArrowInvalid as error:
        raise ValueError(f"the pattern {value!r} is no RE2 expression") from error
    return value


Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_one_or_more)]
Keep = Annotated[Condition | None, BeforeValidator(_parse_keep)]
Pattern = Annotated[str, AfterValidator(_check_pattern)]
Kind = Annotated[str, AfterValidator(kind_name)]
Relation = Annotated[str, AfterValidator(relation_name)]


class Choice(Table):
    """A name that is the same for all rows (`constant`) or stands in a column of each row.

    `names` translates what the column holds. Written as plain text it is a constant.
    """

    constant: Text | None = None
    column: Text | None = None
    names: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        return {"constant": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.constant is None) == (self.column is None):
            raise ValueError("give it a text, or { column = ... }")
        if self.constant is not None and self.names:
            raise ValueError("`names` translates a column; a text needs none")
        return self

    def map_names(self, rename: Callable[[str], str]) -> Self:
        """Itself with every name in it passed through `rename`, which may raise ValueError."""
        return self.model_copy(
            update={
                "constant": None if self.constant is None else rename(self.constant),
                "names": {key: rename(name) for key, name in self.names.items()},
            }
        )


RelationChoice = Annotated[Choice, AfterValidator(lambda choice: choice.map_names(relation_name))]
KindChoice = Annotated[Choice, AfterValidator(lambda choice: choice.map_names(kind_name))]


class Source(Table):
    """A file and how to read it."""

    file: Text
    format: FileFormat | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    encoding: Text = "utf-8"
    header: bool = True
    columns: tuple[Text, ...] = ()
    keep: Keep = None

    @model_validator(mode="after")
    def _check_columns(self) -> Self:
        if self.header and self.columns:
            raise ValueError(
                "`columns` names the columns of a file without header: set header = false"
            )
        return self


class Property(Table):
    """A column that becomes a scalar of the node."""

    column: Text
    type: PropertyType = "string"
    name: str = ""
    pattern: Pattern | None = None

    @model_validator(mode="before")
    @classmethod
    def _name_by_column(cls, value: object) -> object:
        if isinstance(value, dict) and isinstance(column := value.get("column"), str):
            name = value.get("name", column)
            if isinstance(name, str):
                return {**value, "name": property_name(name)}
        return value


class Attribute(Table):
    """A column whose values become entities that the node has facts about."""

    column: Text
    relation: Relation
    kind: Kind
    split: Text | None = None
    pattern: Pattern | None = None
    bins: Annotated[tuple[float, ...], Field(min_length=1)] | None = None
    width: PositiveFloat | None = None
    label: Text | None = None
    weight: float = 1.0

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.bins is not None and self.width is not None:
            raise ValueError("give it `bins` or `width`, not both")
        if self.bins is not None and list(self.bins) != sorted(set(self.bins)):
            raise ValueError("`bins` must ascend")
        if self.is_numeric and self.split is not None:
            raise ValueError("`split` is for lists of names, `bins` and `width` are for numbers")
        if self.label is not None:
            if not self.is_numeric:
                raise ValueError("`label` names the ranges of `bins` or `width`")
            try:
                self.label.format(low="", high="")
            except (KeyError, IndexError, ValueError) as error:
                raise ValueError("`label` may hold {low} and {high}, nothing else") from error
        return self

    @property
    def is_numeric(self) -> bool:
        """Whether its values are numbers that are put into ranges."""
        return self.bins is not None or self.width is not None


class Items(Source):
    """The file of items."""

    id: Text
    title: Text | None = None
    text: Texts = ()
    properties: tuple[Property, ...] = ()
    attributes: tuple[Attribute, ...] = ()


class Users(Source):
    """The file of users."""

    id: Text
    properties: tuple[Property, ...] = ()
    attributes: tuple[Attribute, ...] = ()


class Facts(Source):
    """A file of facts, a row each: an item or a user, a relation, an entity."""

    item: Text | None = None
    user: Text | None = None
    relation: RelationChoice
    kind: KindChoice
    entity: Text
    split: Text | None = None
    weight: float | Text = 1.0

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.item is None) == (self.user is None):
            raise ValueError("facts are about an item or a user: give it `item` or `user`")
        if self.keep is not None and self.keep.needs_value():
            raise ValueError(f"name the column that {self.keep.text!r} is about")
        return self

    @property
    def node(self) -> str:
        """The column of the item or user the fact is about."""
        return self.item if self.item is not None else str(self.user)


class Feedback(Source):
    """A file of feedback, a row each: a user, an item, what it was, and when."""

    user: Text
    item: Text
    value: float | Text = 1.0
    at: Text | None = None
    time_unit: TimeUnit | None = None
    type: RelationChoice
    split: Choice | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.type.column is not None and not self.type.names:
            raise ValueError(
                "a type by column needs `names`, which lists the types there are, "
                'the one to predict first: { column = "event", names = { buy = "BOUGHT" } }'
            )
        if self.time_unit is not None and self.at is None:
            raise ValueError("`time_unit` is the unit of `at`, which is not given")
        if self.keep is not None and self.keep.needs_value() and not isinstance(self.value, str):
            raise ValueError(f"{self.keep.text!r} is about `value`, which is no column here")
        return self

    def types(self) -> tuple[str, ...]:
        """The feedback types it can yield, in order."""
        if self.type.constant is not None:
            return (self.type.constant,)
        return tuple(dict.fromkeys(self.type.names.values()))


class KCore(Table):
    """The least number of pieces of feedback of every user and item that is left."""

    users: PositiveInt = 1
    items: PositiveInt = 1


class Cleaning(Table):
    """What is done to every cell before it counts."""

    trim: bool = True
    unicode: Literal["NFC", "NFKC", "none"] = "NFC"
    fold_case: bool = True
    missing: tuple[str, ...] = MISSING
    decimal: Literal[".", ","] = "."
    duplicates: DuplicatesPolicy = "last"
    k_core: KCore | None = None
    merge: dict[Kind, dict[Text, Texts]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check_merge(self) -> Self:
        for kind, names in self.merge.items():
            owner: dict[str, str] = {}
            for name, aliases in names.items():
                for alias in aliases:
                    if owner.setdefault(alias.casefold(), name) != name:
                        raise ValueError(
                            f"{alias!r} of kind {kind} is merged into both "
                            f"{owner[alias.casefold()]!r} and {name!r}"
                        )
        return self


class Tables(Table):
    """All tables of a mapping."""

    items: Items | None = None
    users: Users | None = None
    facts: tuple[Facts, ...] = ()
    feedback: tuple[Feedback, ...] = ()
    cleaning: Cleaning = Field(default_factory=Cleaning)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.items is None and not self.feedback:
            raise ValueError("nothing to import: give it [items] or [[feedback]]")
        for table in (self.items, self.users):
            if table is None:
                continue
            names = [declared.name for declared in table.properties]
            for name in names:
                if names.count(name) > 1:
                    raise ValueError(f"the property {name!r} is declared twice")
            if table.keep is not None and table.keep.needs_value():
                raise ValueError(f"name the column that {table.keep.text!r} is about")
        clash = set(self.feedback_types()) & self.constant_relations()
        if clash:
            raise ValueError(f"{min(clash)} is both a type of feedback and a relation of facts")
        return self

    def feedback_types(self) -> tuple[str, ...]:
        """Types of feedback in the order of the mapping: the first is what is predicted."""
        return tuple(dict.fromkeys(name for entry in self.feedback for name in entry.types()))

    def constant_relations(self) -> set[str]:
        """Relations of facts that are known before the files are read."""
        relations = {
            attribute.relation
            for table in (self.items, self.users)
            if table is not None
            for attribute in table.attributes
        }
        for facts in self.facts:
            relations |= set(facts.relation.names.values())
            if facts.relation.constant is not None:
                relations.add(facts.relation.constant)
        return relations
