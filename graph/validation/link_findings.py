"""Gathers what the check of links needs from the files, and puts its verdict into words."""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from graph.files.edge_files import FactRows, Numbering
from graph.files.entities import fold_name
from graph.files.node_files import Nodes
from graph.files.registry import Registry
from graph.mapping_tables import Items
from graph.validation.findings import EXAMPLES, Finding
from graph.validation.link_check import Linked, LinkVerdict, check_links

WRONG = 0.7
"""From this share of possibly wrong links on, the file as a whole is taken to be linked wrongly."""

DOUBTFUL = 0.3
"""From this share on, a part of the links is."""

ITEM_DOUBT = 4.0
"""From this log likelihood ratio on, an item is worth a look."""

_RNG = 20_240_501


class ItemColumns:
    """The items' own titles, numbers and values, in the order of the items file."""

    def __init__(self) -> None:
        self.titles: list[str | None] = []
        self._numbers: dict[str, list[float]] = defaultdict(list)
        self._pairs: dict[str, list[NDArray[np.int64]]] = defaultdict(list)
        self._names: dict[str, Registry] = {}

    def add(self, nodes: Nodes) -> None:
        """Take in a batch of items."""
        start = len(self.titles)
        self.titles += nodes.table.column("title").to_pylist()
        for name in nodes.table.column_names:
            column = nodes.table.column(name)
            if name not in ("id", "title", "text") and str(column.type) in ("int64", "double"):
                self._numbers[name] += [
                    np.nan if value is None else float(value) for value in column.to_pylist()
                ]
        for values in nodes.attributes:
            kind = values.attribute.kind
            registry = self._names.setdefault(kind, Registry(is_open=True))
            names = [fold_name(name, fold_case=True) for name in values.names.to_pylist()]
            found = np.array([registry.add(name) for name in names], dtype=np.int64)
            if values.attribute.is_numeric:
                continue
            self._pairs[kind].append(np.stack([values.rows + start, found], axis=1))

    def numbers(self) -> dict[str, NDArray[np.float64]]:
        """Numeric properties by name."""
        return {name: np.array(column) for name, column in self._numbers.items()}

    def values(self) -> dict[str, tuple[NDArray[np.int64], list[str]]]:
        """Attributes by kind: pairs of item and value, and the values."""
        return {
            kind: (np.concatenate(pairs), self._names[kind].ids().to_pylist())
            for kind, pairs in self._pairs.items()
        }

    def years(self) -> list[int | None]:
        """The year of each item, by the first property that is named so; None where unknown."""
        name = next((name for name in self._numbers if "year" in name), None)
        if name is None:
            return [None] * len(self.titles)
        return [None if np.isnan(year) else int(year) for year in self._numbers[name]]


class LinkedFacts:
    """The facts of a file about items."""

    def __init__(self) -> None:
        self.entities = Registry(is_open=True)
        self._rows: list[NDArray[np.int64]] = [np.empty((0, 3), dtype=np.int64)]

    def add(self, facts: FactRows) -> None:
        """Take in a batch of facts."""
        encoded = facts.name.dictionary_encode()
        names = [fold_name(name, fold_case=True) for name in encoded.dictionary.to_pylist()]
        positions = np.array([self.entities.add(name) for name in names], dtype=np.int64)
        entity = positions[encoded.indices.to_numpy(zero_copy_only=False)]
        self._rows.append(np.stack([facts.node, facts.relation, entity], axis=1))

    def rows(self) -> NDArray[np.int64]:
        """Positions (item, relation, entity), a row each fact."""
        return np.concatenate(self._rows)


def linked_by(items: ItemColumns, facts: LinkedFacts, numbering: Numbering) -> Linked:
    """Items and their facts in the form that is checked."""
    rows = facts.rows()
    return Linked(
        n_items=len(items.titles),
        numbers=items.numbers(),
        values=items.values(),
        facts=rows[rows[:, 0] < len(items.titles)],
        relations=numbering.relations.ids().to_pylist(),
        entities=facts.entities.ids().to_pylist(),
    )


def link_findings(
    items: ItemColumns, facts: LinkedFacts, numbering: Numbering, table: Items, where: str
) -> list[Finding]:
    """Whether the facts of a file fit the items that they are linked to."""
    linked = linked_by(items, facts, numbering)
    verdict = check_links(linked, np.random.default_rng(_RNG))
    bound = verdict.wrong_at_most
    if bound is None:
        return []
    worst = np.argsort(-verdict.doubt, kind="stable")
    examples = tuple(
        f"item {numbering.items.ids()[at]} {items.titles[at]!r} "
        f"({table.file}:{numbering.items.line(at)})"
        for at in worst[:EXAMPLES].tolist()
    )
    grounds = _grounds(verdict)
    if bound >= WRONG:
        is_sure = any(c.kind in ("names", "years") for c in verdict.comparisons)
        return [
            Finding(
                "error" if is_sure else "warning",
                "facts-on-wrong-items",
                "the facts fit their items hardly better than if they were linked at random "
                f"(up to {bound:.0%} of the links may be wrong; {grounds})",
                where,
                len(np.unique(linked.facts[:, 0])),
                advice="check how item ids were joined to this file; with wrong facts, "
                "explanations and recommendations from them are wrong",
            )
        ]
    if bound >= DOUBTFUL:
        return [
            Finding(
                "warning",
                "facts-on-wrong-items",
                f"a part of the facts, up to {bound:.0%}, seems to be linked to wrong items "
                f"({grounds}); these fit worst",
                where,
                int(bound * len(np.unique(linked.facts[:, 0]))),
                examples,
                "check how item ids were joined to this file",
            )
        ]
    n_doubtful = int((verdict.doubt > ITEM_DOUBT).sum())
    if n_doubtful == 0:
        return []
    return [
        Finding(
            "info",
            "doubtful-facts",
            f"the facts of {n_doubtful:,} items do not look like theirs (genre or year differ)",
            where,
            n_doubtful,
            examples[:n_doubtful],
            "have a look at some of them; the others fit well",
        )
    ]


def _grounds(verdict: LinkVerdict) -> str:
    best = min(verdict.comparisons, key=lambda comparison: comparison.wrong_at_most)
    return f"compared by: {best.what}, {best.n_items:,} items"
