"""How names from files become names in the graph: relationship types, entity kinds, properties."""

import re
import unicodedata

from graph.model import RESERVED_TYPES

RESERVED_KINDS = frozenset({"User", "Item", "Entity", "Run"})
"""Labels of nodes that are no entities."""

RESERVED_PROPERTIES = frozenset({"id", "title", "text", "kind", "name", "vector"})
"""Properties that nodes have without being declared."""

_PROPERTY = re.compile(r"[a-z][a-z0-9_]*")


def relation_name(text: str) -> str:
    """A relationship type `[A-Z][A-Z0-9_]*`: `directed by` becomes `DIRECTED_BY`.

    Raises ValueError where no letter or digit is left, or the name is taken by evidence.
    """
    name = "_".join(_words(text)).upper()
    if not name:
        raise ValueError(f"{text!r} has no letter or digit to name a relationship with")
    if not name[0].isalpha():
        name = f"R_{name}"
    if name in RESERVED_TYPES:
        raise ValueError(f"{name} is reserved for evidence; choose another name")
    return name


def kind_name(text: str) -> str:
    """An entity kind `[A-Z][A-Za-z0-9]*`: `production_company` becomes `ProductionCompany`.

    Raises ValueError where no letter or digit is left, or the name is that of another node.
    """
    name = "".join(word[0].upper() + word[1:] for word in _words(text))
    if not name:
        raise ValueError(f"{text!r} has no letter or digit to name a kind with")
    if not name[0].isalpha():
        name = f"K{name}"
    if name in RESERVED_KINDS:
        raise ValueError(f"{name} is reserved; choose another name")
    return name


def property_name(text: str) -> str:
    """A property name `[a-z][a-z0-9_]*`: `Release Year` becomes `release_year`.

    Raises ValueError where that cannot be, or where the name is one that every node has.
    """
    name = "_".join(_words(text)).lower()
    if _PROPERTY.fullmatch(name) is None:
        raise ValueError(f"{text!r} cannot name a property; give it a `name` like `release_year`")
    if name in RESERVED_PROPERTIES:
        raise ValueError(f"{name!r} is a property that every node has; give it another `name`")
    return name


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return re.findall(r"[A-Za-z0-9]+", plain)
