"""Exchanges shares of the links between facts and items at random; prints what validation says.

The third column is the bound of the share of wrong links; then how many of the ten most doubted
items are among those that were exchanged.
"""

import csv
import tempfile
import tomllib
from pathlib import Path

import numpy as np

from graph.files.checking import open_tables
from graph.files.cleaning import Cleaner, Tally
from graph.files.edge_files import Numbering, read_facts
from graph.files.node_files import read_nodes
from graph.files.registry import Registry
from graph.mapping import Mapping
from graph.mapping_tables import Facts, Items
from graph.validation.link_check import check_links
from graph.validation.link_findings import ItemColumns, LinkedFacts, linked_by

HERE = Path(__file__).parent
SHARES = (0.0, 0.05, 0.2, 0.5, 1.0)


def main() -> None:
    """Print a row for each data set and share."""
    for folder in ("ml-100k", "ml-1m", "ml-latest-small"):
        for share in SHARES:
            with tempfile.TemporaryDirectory() as temporary:
                bound, hits = measure(HERE / folder, share, Path(temporary))
            print(f"{folder:16} {share:4.2f} {bound:5.2f} {hits:3}/10")


def measure(base: Path, share: float, temporary: Path) -> tuple[float, int]:
    """The bound, and how many of the ten most doubted items were exchanged."""
    tables = tomllib.loads((base / "whypath.toml").read_text(encoding="utf-8"))
    exchanged = exchange(base / tables["facts"][0]["file"], temporary / "facts.csv", share)
    tables["facts"][0]["file"] = str(temporary / "facts.csv")
    mapping = Mapping.from_toml({"items": tables["items"], "facts": tables["facts"]}, base)
    names = [Registry(is_open=True) for _ in range(5)]
    numbering = Numbering(names[0], Registry(is_open=False), *names[1:])
    items, facts, cleaner = ItemColumns(), LinkedFacts(), Cleaner(mapping.cleaning)
    for checked in open_tables(mapping):
        if isinstance(checked.table, Items):
            for nodes in read_nodes(checked.file, checked.table, cleaner, numbering.items, Tally()):
                items.add(nodes)
        elif isinstance(checked.table, Facts):
            for batch in read_facts(checked.file, checked.table, cleaner, numbering, Tally()):
                facts.add(batch.facts[0])
    verdict = check_links(linked_by(items, facts, numbering), np.random.default_rng(0))
    ids = numbering.items.ids().to_pylist()
    worst = [ids[at] for at in np.argsort(-verdict.doubt)[:10]]
    return verdict.wrong_at_most or 0.0, sum(item in exchanged for item in worst)


def exchange(source: Path, target: Path, share: float) -> set[str]:
    """Write facts with the item ids of a share of the items exchanged; those items."""
    with source.open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    ids = sorted({row[0] for row in rows})
    chosen = np.random.default_rng(3).choice(len(ids), int(share * len(ids)), replace=False)
    moved = {ids[at]: ids[to] for at, to in zip(chosen, np.roll(chosen, 1), strict=True)}
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([moved.get(row[0], row[0]), *row[1:]] for row in rows)
    return set(moved)


if __name__ == "__main__":
    main()
