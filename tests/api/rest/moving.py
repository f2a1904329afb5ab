"""Moves a small trained project to a server: much faster than training it there again."""

from pathlib import Path

import pyarrow as pa

from api.opening import open_project_store
from api.settings import load_settings
from graph.connect import open_store
from graph.store import Store


def move_to_server(folder: Path, url: str) -> None:
    """Have a project, with an embedded graph, work with the server at this URL."""
    settings = folder / "whypath.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f'[store]\nurl = "{url}"\n\n{text}', encoding="utf-8")
    with (
        open_store(f"ladybug://{folder}/graph.lbug") as trained,
        open_project_store(load_settings(folder)) as server,
    ):
        copy_graph(trained, server)


def replace_url(folder: Path, url: str, other: str) -> None:
    """Have a project of a server find it at another URL."""
    settings = folder / "whypath.toml"
    text = settings.read_text(encoding="utf-8")
    assert f'"{url}"' in text
    settings.write_text(text.replace(f'"{url}"', f'"{other}"'), encoding="utf-8")


def copy_graph(source: Store, target: Store) -> None:
    """Copy a small graph with its current run."""
    schema = source.schema()
    target.prepare(schema)
    target.write_items(source.read_items())
    target.write_users(source.read_users())
    target.write_entities(source.read_entities())
    for fact in schema.fact_types:
        target.write_facts(fact, source.read_facts(fact))
    for feedback in schema.feedback_types:
        target.write_feedback(feedback, source.read_feedback(feedback))
    run = source.current_run()
    assert run is not None
    target.begin_run(run)
    items = source.read_items()["id"].to_pylist()
    entities = source.read_entities()["id"].to_pylist()
    edges = [
        *source.evidence(items, items, run.id),
        *source.entity_evidence(entities, items, run.id),
    ]
    for relation in sorted({edge.relation for edge in edges}):
        of_it = [edge for edge in edges if edge.relation == relation]
        columns = {
            "source": [edge.source for edge in of_it],
            "target": [edge.target for edge in of_it],
            "weight": [edge.weight for edge in of_it],
        }
        target.write_evidence(run.id, relation, pa.table(columns))
    prior = source.prior(items, run.id)
    columns = {"target": list(prior), "weight": list(prior.values())}
    target.write_evidence(run.id, "PRIOR", pa.table(columns))
    target.activate_run(run.id)
