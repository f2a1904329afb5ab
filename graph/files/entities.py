"""Entities as they are met in files: one for each kind and name, whatever the spelling.

An entity's id is `kind:name`. The first spelling seen gives the name, spellings already in the
graph first of all; names that the mapping merges count as one.
"""

import unicodedata
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from graph.files.cleaning import Tally
from graph.mapping_tables import Cleaning
from graph.model import Entity


def fold_name(name: str, *, fold_case: bool) -> str:
    """What is equal for two spellings of one name."""
    name = " ".join(unicodedata.normalize("NFC", name).split())
    return name.casefold() if fold_case else name


def entity_id(kind: str, name: str) -> str:
    """The id of an entity."""
    return f"{kind}:{name}"


class Entities:
    """All entities met so far, by position."""

    def __init__(self, rules: Cleaning) -> None:
        self._fold_case = rules.fold_case
        self._entities: list[Entity] = []
        self._positions: dict[tuple[str, str], int] = {}
        self._used: set[int] = set()
        self._canonical: dict[tuple[str, str], str] = {
            (kind, self._fold(alias)): name
            for kind, names in rules.merge.items()
            for name, aliases in names.items()
            for alias in aliases
        }

    def load(self, known: Iterable[Entity]) -> None:
        """Take in entities of the graph, so that their spellings stay."""
        for entity in known:
            key = (entity.kind, self._fold(entity.name))
            if key not in self._positions:
                self._positions[key] = len(self._entities)
                self._entities.append(entity)

    def find(self, kind: str, names: pa.Array, tally: Tally) -> NDArray[np.int32]:
        """The position of each name (a string array without nulls); new names are taken in."""
        encoded = names.dictionary_encode()
        spellings = encoded.dictionary.to_pylist()
        indices = encoded.indices.to_numpy(zero_copy_only=False)
        counts = np.bincount(indices, minlength=len(spellings))
        lookup = np.empty(len(spellings), dtype=np.int32)
        for at, spelling in enumerate(spellings):
            position = self._find(kind, spelling)
            lookup[at] = position
            name = self._entities[position].name
            if name != spelling:
                merged = (kind, self._fold(spelling)) in self._canonical
                what = "merged as declared" if merged else "spelled like the first time"
                tally.add(f"{kind}: {what}", int(counts[at]), f"{spelling} -> {name}")
        self._used.update(lookup.tolist())
        found: NDArray[np.int32] = lookup[indices]
        return found

    def entity(self, position: int) -> Entity:
        """The entity at a position."""
        return self._entities[position]

    def ids(self) -> pa.Array:
        """The ids of all entities by position."""
        return pa.array([entity.id for entity in self._entities], pa.string())

    def used(self) -> pa.Table:
        """Those that were asked for: `id, kind, name`, by id."""
        entities = sorted(
            (self._entities[position] for position in self._used), key=lambda entity: entity.id
        )
        return pa.table(
            {
                "id": pa.array([entity.id for entity in entities], pa.string()),
                "kind": pa.array([entity.kind for entity in entities], pa.string()),
                "name": pa.array([entity.name for entity in entities], pa.string()),
            }
        )

    def _find(self, kind: str, spelling: str) -> int:
        name = self._canonical.get((kind, self._fold(spelling)), spelling)
        key = (kind, self._fold(name))
        position = self._positions.get(key)
        if position is None:
            position = len(self._entities)
            self._positions[key] = position
            self._entities.append(Entity(entity_id(kind, name), kind, name))
        return position

    def _fold(self, name: str) -> str:
        return fold_name(name, fold_case=self._fold_case)
