"""`whypath evaluate`."""

from pathlib import Path

import click

from api.console import (
    TerminalProgress,
    message_console,
    output_console,
    print_json,
    step_reporter,
)
from api.context import CliContext, json_option, pass_context
from api.embedding import embeddings_given, make_embedder
from api.views.evaluation import show_evaluation
from graph.dataset import read_dataset
from graph.errors import UsageError
from recommender.evaluating import evaluate as evaluate_dataset


@click.command(short_help="Measure lists on held-out feedback.")
@click.option("--split", help="auto, files, random, chronological, kfold or cold_items.")
@click.option("-k", metavar="K,...", help="Lengths of the lists that are measured.  [default: 10]")
@click.option("--test-share", type=float, help="Share held out by random and chronological.")
@click.option("--folds", type=int, help="Folds of kfold, where the data do not name them.")
@click.option("--only-folds", metavar="NAME,...", help="Only these folds of kfold.")
@click.option("--refit/--no-refit", default=None, help="Train on validation data, too, at last.")
@click.option(
    "--baselines",
    metavar="NAME,...",
    help="popular, itemknn, ials, ease, facts, random; or none.",
)
@click.option("--embeddings", metavar="NAME,...", help="text, kge, gnn; or none.")
@click.option("--signals", metavar="NAME,...", help="Learn only these signals.")
@click.option("--cold-items", type=click.Path(path_type=Path), help="CSV with a column `item`.")
@click.option("--cold-fold", help="Only rows of the cold items file with this `fold`.")
@click.option("--seed", type=int, help="Decides every random choice.")
@click.option("--lists", type=click.Path(path_type=Path), help="Write user,item,rank,score here.")
@json_option
@pass_context
def evaluate(
    context: CliContext,
    split: str | None,
    k: str | None,
    test_share: float | None,
    folds: int | None,
    only_folds: str | None,
    refit: bool | None,
    baselines: str | None,
    embeddings: str | None,
    signals: str | None,
    cold_items: Path | None,
    cold_fold: str | None,
    seed: int | None,
    lists: Path | None,
    as_json: bool,
) -> None:
    """Hold feedback out, train on the rest, and measure the lists beside baselines.

    Nothing is written to the graph.
    """
    given = {
        "split": split,
        "k": k,
        "test_share": test_share,
        "folds": folds,
        "only_folds": only_folds,
        "refit": refit,
        "baselines": () if baselines == "none" else baselines,
        "cold_items": None if cold_items is None else cold_items.resolve(),
        "cold_fold": cold_fold,
        "rng": seed,
    }
    if lists is not None and not lists.resolve().parent.is_dir():
        raise UsageError(f"--lists: there is no folder {lists.resolve().parent}.")
    training = {"signals": signals, "embeddings": embeddings_given(embeddings)}
    settings = context.settings({"evaluate": given, "train": training})
    console = message_console()
    say = step_reporter(console)
    with context.open_store(settings) as store:
        dataset = read_dataset(store)
    embed = make_embedder(settings, say, TerminalProgress(console))
    result = evaluate_dataset(dataset, settings.evaluate, settings.train, embed=embed, report=say)
    if lists is not None:
        result.write_lists(lists)
    if as_json:
        print_json(result.to_json())
    else:
        show_evaluation(output_console(), result)
        if lists is not None:
            message_console().print(f"lists written to {lists}", style="dim")
