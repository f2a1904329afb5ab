"""`whypath export`."""

from pathlib import Path

import click
import numpy as np

from api.console import output_console, print_json
from api.context import CliContext, json_option, pass_context
from embeddings.exporting import (
    PROJECTOR_FILES,
    NamedVectors,
    write_parquet,
    write_projector,
    write_word2vec,
)
from graph.errors import NotReadyError, UsageError
from graph.store import Store
from recommender.run_artifact import read_factors

FUSED = "fused"


@click.command(short_help="Write the vectors of items to a file.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["parquet", "word2vec", "projector"]),
    default="parquet",
    help="A table, the text format of word2vec, or a folder for TensorBoard.  [default: parquet]",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="Where to write; a folder for the projector.",
)
@click.option(
    "--vectors",
    type=click.Choice([FUSED, "text", "knowledge", "gnn"]),
    default=FUSED,
    help="The one vector of each item, or what it was fused from.  [default: fused]",
)
@click.option("--force", is_flag=True, help="Replace what is there.")
@json_option
@pass_context
def export(
    context: CliContext, format_: str, output: Path, vectors: str, force: bool, as_json: bool
) -> None:
    """Write the vectors of items that the serving run was trained with."""
    _check_output(output, format_, force)
    settings = context.settings()
    with context.open_store(settings) as store:
        run, found = _read(store, settings.artifacts, vectors)
    known = found.known()
    if format_ == "parquet":
        write_parquet(output, known)
    elif format_ == "word2vec":
        write_word2vec(output, known)
    else:
        write_projector(output, known, f"items ({vectors})")
    items, size = known.values.shape
    without = len(found.ids) - items
    if as_json:
        print_json(
            {
                "run": run,
                "vectors": vectors,
                "format": format_,
                "output": str(output),
                "items": items,
                "size": size,
                "without_vector": without,
            }
        )
    else:
        sentence = f"{items} {vectors} vectors of {size} numbers, from run {run}, are in {output}"
        if without:
            sentence += f"; {without} items have none"
        output_console().print(sentence, markup=False, soft_wrap=True)


def _check_output(output: Path, format_: str, force: bool) -> None:
    """Refuse a place where nothing can be written before anything is read."""
    if not output.resolve().parent.is_dir():
        raise UsageError(f"--output: there is no folder {output.resolve().parent}.")
    is_folder = format_ == "projector"
    if output.exists() and output.is_dir() != is_folder:
        wanted = "is a file; the projector needs" if is_folder else f"is a folder; {format_} needs"
        raise UsageError(f"--output: {output} {wanted} {'a folder' if is_folder else 'a file'}.")
    files = [output / name for name in PROJECTOR_FILES] if is_folder else [output]
    for file in files:
        if file.exists() and not force:
            raise UsageError(f"--output: {file} is there already; --force replaces it.")


def _read(store: Store, artifacts: Path, vectors: str) -> tuple[int, NamedVectors]:
    """The serving run and the vectors of its items, with the titles of today."""
    run = store.current_run()
    if run is None:
        raise NotReadyError("nothing is trained yet; run `whypath train` first.")
    factors = read_factors(artifacts, run)
    if factors is None:
        raise NotReadyError(
            f"run {run.id} has no vectors: it learned no factors; run `whypath train` with them."
        )
    if vectors != FUSED and vectors not in factors.parts:
        known = ", ".join([FUSED, *factors.parts])
        raise NotReadyError(
            f"run {run.id} has no {vectors} vectors; it has: {known}. "
            "`whypath train --embeddings text,kge,gnn` makes the others."
        )
    table = store.read_items()
    titles = dict(zip(table["id"].to_pylist(), table["title"].to_pylist(), strict=True))
    return run.id, NamedVectors(
        ids=factors.ids,
        titles=np.array([titles.get(item) or "" for item in factors.ids.tolist()], dtype=object),
        values=factors.vectors if vectors == FUSED else factors.parts[vectors],
    )
