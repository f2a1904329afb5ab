"""What each part of what is known of items adds: one table a data set.

    python benchmarks/ablation.py                                  # ml-100k, every row and column
    python benchmarks/ablation.py --data ml-1m --workspace DIR     # vectors are kept in DIR
    python benchmarks/ablation.py --rows facts,text --columns cold-test

Through `recommender.evaluating.evaluate` on the shipped mapping: every row tunes itself and is
measured as it would be served. The column `minus facts` is the difference to the row `facts` in
nDCG@10 with its paired bootstrap interval over users. Rows that end in `-alone` have the signal
`semantic` alone: the edges `RESEMBLES`, by that part alone. `concatenation` gives every block the
same weight, `fusion` learns the weights. CPU seconds leave out what vectors take, which is said
below the table: they are computed once and found again in the workspace.
"""

import argparse
import sys
import time
import tomllib
from collections import defaultdict
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from shipped import DATA, HERE, mapping_of

from embeddings.vectors import Vectors
from embeddings.workspace import Workspace
from graph.connect import open_store
from graph.dataset import Dataset, Feedback, read_dataset
from graph.importing import import_project
from graph.mapping import Mapping
from recommender.embedding import Embedder
from recommender.evaluating import evaluate
from recommender.evaluation.report import ModelResult, compare_models
from recommender.evaluation.settings import EvaluationSettings
from recommender.evaluation.significance import Interval
from recommender.learning.settings import SIGNALS, TrainingSettings

FEEDBACK_SIGNALS = ("collaborative", "sequential", "profile")
TOP = 10


@dataclass(frozen=True)
class Row:
    """`facts`: whether the recommender knows facts; `fuses`: whether it learns block weights."""

    title: str
    signals: tuple[str, ...] = SIGNALS
    parts: tuple[str, ...] = ()
    facts: bool = True
    fuses: bool = True

    @property
    def knows_content(self) -> bool:
        """Whether it can say anything of an item without feedback."""
        return self.facts or bool(self.parts)


@dataclass(frozen=True)
class Experiment:
    """A data set: the embeddings that it has time for, and its columns as evaluation settings."""

    parts: tuple[str, ...]
    columns: MappingOf[str, EvaluationSettings]


def warm(*, refit: bool) -> EvaluationSettings:
    """The published split."""
    return EvaluationSettings(split="files", refit=refit, baselines=())


def cold(data: Path, fold: str) -> EvaluationSettings:
    """Items without any feedback, ranked among themselves."""
    return EvaluationSettings(
        cold_items=data / "ml-100k" / "cold_items.csv", cold_fold=fold, baselines=()
    )


def experiments(data: Path) -> dict[str, Experiment]:
    """What is measured on each data set."""
    return {
        "ml-100k": Experiment(
            ("text", "kge", "gnn"),
            {
                "warm": warm(refit=False),
                "cold-test": cold(data, "test"),
                "cold-tune": cold(data, "tune"),
            },
        ),
        "ml-1m": Experiment(("text", "kge"), {"warm": warm(refit=True)}),
    }


def rows_of(parts: tuple[str, ...]) -> dict[str, Row]:
    """Every row by its name, for the embeddings that there are."""
    rows = {
        "none": Row("feedback: collaborative, sequential, profile", FEEDBACK_SIGNALS, facts=False),
        "factors": Row("+ factors", (*FEEDBACK_SIGNALS, "factors"), facts=False),
        "facts": Row("+ facts: knowledge, semantic"),
    }
    rows |= {part: Row(f"facts + {part}", parts=(part,)) for part in parts}
    if len(parts) > 1:
        rows["all"] = Row(f"facts + {', '.join(parts)}", parts=parts)
    if len(parts) > 2:
        for part in parts:
            others = tuple(other for other in parts if other != part)
            rows[f"without-{part}"] = Row(f"all but {part}", parts=others)
    alone = ("semantic",)
    rows["facts-alone"] = Row("RESEMBLES alone: facts", alone)
    rows |= {
        f"{part}-alone": Row(f"RESEMBLES alone: {part}", alone, (part,), facts=False)
        for part in parts
    }
    rows["concatenation"] = Row("RESEMBLES alone: all, weights alike", alone, parts, fuses=False)
    rows["fusion"] = Row("RESEMBLES alone: all, weights learned", alone, parts)
    return rows


@dataclass
class TimedEmbedding:
    """Computes the embeddings of a row from the whole dataset, and counts the CPU time of each."""

    whole: Dataset
    workspace: Workspace
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def vectors(
        self, names: tuple[str, ...], dataset: Dataset, feedback: Feedback
    ) -> dict[str, Vectors]:
        """The vectors of these embeddings, learned from this feedback alone."""
        visible = self.whole.with_feedback(dataset.feedback)
        found: dict[str, Vectors] = {}
        for count, name in enumerate(names, start=1):
            started = time.process_time()
            # A network may read the texts, so each comes with those before it, found again.
            found = Embedder(names[:count], self.workspace)(visible, feedback)
            self.seconds[name] += time.process_time() - started
        return found


def measure(
    row: Row, settings: EvaluationSettings, dataset: Dataset, embedding: TimedEmbedding
) -> tuple[ModelResult, float]:
    """The result of one row in one column, and its CPU seconds without those of the vectors."""
    known = dataset if row.facts else replace(dataset, item_facts={})
    training = TrainingSettings(signals=row.signals)
    if not row.fuses:
        # Above so many items no block weights are learned, and all are alike.
        training = replace(training, max_dense_items=1)
    before = sum(embedding.seconds.values())

    def embed(seen: Dataset, feedback: Feedback) -> MappingOf[str, Vectors]:
        return embedding.vectors(row.parts, seen, feedback)

    report = evaluate(known, settings, training, embed=embed, report=say)
    spent = sum(embedding.seconds.values()) - before
    return report.models[0], report.models[0].cpu_seconds - spent


def say(message: str) -> None:
    """Progress on standard error, shortened."""
    print(f"    {message[:300]}", file=sys.stderr, flush=True)


def difference(first: ModelResult, second: ModelResult, settings: EvaluationSettings) -> Interval:
    """First minus second in nDCG@10."""
    for one, other in zip(first.folds, second.folds, strict=True):
        assert np.array_equal(one.lists.users, other.lists.users)
    seed, resamples = settings.rng, settings.resamples
    return compare_models(first, second, (TOP,), seed, resamples)[0].interval


def ndcg(result: ModelResult) -> float:
    """nDCG@10, the mean over the folds."""
    return result.metrics["ndcg"][0]


def words(interval: Interval) -> str:
    """What a difference says."""
    bounds = f"{interval.difference:+.4f} ({interval.low:+.4f} .. {interval.high:+.4f})"
    if not interval.is_significant:
        return f"adds nothing measurable, {bounds}"
    return f"{'adds' if interval.low > 0.0 else 'costs'} {bounds}"


def print_verdicts(
    experiment: Experiment, results: MappingOf[tuple[str, str], ModelResult]
) -> None:
    """In words: each embedding beside the facts, and taken away from all."""
    for part in experiment.parts:
        for first, second, place in (
            (part, "facts", "beside the facts"),
            ("all", f"without-{part}", "beside facts and the other embeddings"),
        ):
            for column, settings in experiment.columns.items():
                pair = results.get((first, column)), results.get((second, column))
                if pair[0] is not None and pair[1] is not None:
                    found = words(difference(pair[0], pair[1], settings))
                    print(f"- {column}: {part} {place} {found}.")
    for column, settings in experiment.columns.items():
        pair = results.get(("fusion", column)), results.get(("concatenation", column))
        if pair[0] is not None and pair[1] is not None:
            found = words(difference(pair[0], pair[1], settings))
            print(f"- {column}: learning the weights instead of concatenation {found}.")


def run(experiment: Experiment, names: list[str], dataset: Dataset, workspace: Workspace) -> None:
    """Print the table, row by row, and what it says."""
    rows = rows_of(experiment.parts)
    columns = experiment.columns
    heads = [head for name in columns for head in (f"{name} nDCG@{TOP}", "minus facts")]
    embedding = TimedEmbedding(dataset, workspace)
    results: dict[tuple[str, str], ModelResult] = {}
    lines: dict[str, str] = {}
    # The row of facts goes first, since the others are compared with it; what is slow goes last.
    for name in sorted(names, key=lambda name: (name != "facts", "gnn" in rows[name].parts)):
        cells, seconds = [], 0.0
        for column, settings in columns.items():
            if not rows[name].knows_content and settings.cold_items is not None:
                cells += ["-", ""]
                continue
            print(f"{name}, {column}", file=sys.stderr)
            results[name, column], spent = measure(rows[name], settings, dataset, embedding)
            seconds += spent
            cells.append(f"{ndcg(results[name, column]):.4f}")
            facts = results.get(("facts", column))
            if name == "facts" or facts is None:
                cells.append("")
            else:
                found = difference(results[name, column], facts, settings)
                mark = "" if found.is_significant else " ="
                cells.append(
                    f"{found.difference:+.4f} ({found.low:+.4f} .. {found.high:+.4f}){mark}"
                )
        lines[name] = f"| {rows[name].title} | {' | '.join(cells)} | {seconds:.0f} |"
        print(lines[name], file=sys.stderr, flush=True)
    print(f"| | {' | '.join(heads)} | CPU s |")
    print("|---|" + "---|" * (len(heads) + 1))
    print("\n".join(lines[name] for name in names))
    print("\n`=`: the interval holds 0, the difference may be chance.\n")
    print_verdicts(experiment, results)
    took = ", ".join(f"{name} {value:.0f}" for name, value in embedding.seconds.items())
    print(f"\nCPU seconds of the vectors, beside what the workspace held: {took or 'none'}.")


def main() -> None:
    """Measure the rows named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description="What each part adds.")
    parser.add_argument("--data", default="ml-100k", help="ml-100k or ml-1m")
    parser.add_argument("--rows", help="only these, e.g. facts,text,all")
    parser.add_argument("--columns", help="only these, e.g. warm,cold-test")
    parser.add_argument("--parts", help="only these embeddings, e.g. text,kge")
    parser.add_argument("--workspace", type=Path, help="where vectors are kept for the next time")
    parser.add_argument("--shared", type=Path, default=DATA, help="the folder of the data")
    given = parser.parse_args()
    known = experiments(given.shared)
    if given.data not in known:
        parser.error(f"unknown data {given.data}; known: {', '.join(known)}")
    experiment = known[given.data]
    if given.parts:
        chosen = _chosen(parser, "parts", given.parts, ("text", "kge", "gnn"))
        experiment = replace(experiment, parts=tuple(chosen))
    columns = _chosen(parser, "columns", given.columns, tuple(experiment.columns))
    experiment = replace(experiment, columns={name: experiment.columns[name] for name in columns})
    names = _chosen(parser, "rows", given.rows, tuple(rows_of(experiment.parts)))
    print(f"`{' '.join(['python benchmarks/ablation.py', *sys.argv[1:]])}`", end=", ")
    print(f"{datetime.now(UTC):%Y-%m-%d}\n")
    with TemporaryDirectory(prefix="whypath-ablation-") as folder:
        tables = tomllib.loads(mapping_of(given.data, given.shared))
        with open_store(f"ladybug://{folder}/graph.lbug") as store:
            import_project(Mapping.from_toml(tables, HERE / given.data), store)
            dataset = read_dataset(store)
        run(experiment, names, dataset, Workspace(given.workspace or Path(folder) / "workspace"))


def _chosen(
    parser: argparse.ArgumentParser, option: str, given: str | None, known: tuple[str, ...]
) -> list[str]:
    names = [name for name in known if given is None or name in given.split(",")]
    unknown = sorted(set((given or "").split(",")) - set(known) - {""})
    if unknown:
        parser.error(f"--{option}: unknown {unknown[0]}; known: {', '.join(known)}")
    return names


if __name__ == "__main__":
    main()
