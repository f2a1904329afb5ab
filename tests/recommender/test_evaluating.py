"""Evaluation through its door: what it leaves alone, what it may not see, and what it reports."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from graph.dataset import Dataset, Feedback, read_dataset, sort_feedback
from graph.errors import DataError, ResourceError, UsageError
from graph.model import GraphSchema
from graph.store import Store
from recommender.evaluating import evaluate
from recommender.evaluation.report import METRICS, EvaluationReport
from recommender.evaluation.settings import BASELINES, EvaluationSettings
from recommender.learning.settings import TrainingSettings
from recommender.publishing import publish
from recommender.recommending import Recommender
from recommender.request import Request
from recommender.training import train

QUICK = EvaluationSettings(resamples=100)
OURS_ONLY = replace(QUICK, baselines=())
N_USERS, N_ITEMS = 30, 20
PLANTED = "planted"


def films(seed: int = 0, marks: bool = True) -> Dataset:
    """Two tastes: even users like the first ten items, odd users the last ten; nine of ten each.

    With `marks`, the latest two of a user are the test and the one before validation.
    """
    draw = np.random.default_rng(seed)
    rows = []
    for user in range(N_USERS):
        liked = draw.permutation(10)[:9] + 10 * (user % 2)
        for place, item in enumerate(liked.tolist()):
            mark = ("test" if place >= 7 else "valid" if place == 6 else "train") if marks else ""
            rows.append((user, item, 1_000 * place + user, mark))
    return make_dataset(rows)


def make_dataset(rows: list[tuple[int, int, int, str]], n_items: int = N_ITEMS) -> Dataset:
    users, items, times, marks = zip(*rows, strict=True)
    feedback = Feedback(
        user=np.array(users, dtype=np.int32),
        item=np.array(items, dtype=np.int32),
        type=np.zeros(len(rows), dtype=np.int16),
        value=np.ones(len(rows)),
        at=np.array(times, dtype=np.int64),
        split=np.array(marks, dtype=object),
    )
    return Dataset(
        users=np.array([f"u{place:02}" for place in range(N_USERS)], dtype=object),
        items=np.array([f"i{place:02}" for place in range(n_items)], dtype=object),
        entities=np.array([], dtype=object),
        feedback_types=("LIKED",),
        feedback=sort_feedback(feedback),
        item_facts={},
        user_facts={},
    )


def run(dataset: Dataset, settings: EvaluationSettings = QUICK) -> EvaluationReport:
    return evaluate(dataset, settings, TrainingSettings())


def lists_of(report: EvaluationReport) -> dict[str, list[str]]:
    (fold,) = report.models[0].folds
    return {
        str(report.users[user]): [str(report.items[item]) for item in top if item >= 0]
        for user, top in zip(fold.lists.users, fold.lists.top, strict=True)
    }


def write(store: Store, dataset: Dataset) -> None:
    feedback = dataset.feedback
    store.prepare(GraphSchema(feedback_types=dataset.feedback_types))
    store.write_items(
        pa.table(
            {
                "id": dataset.items.tolist(),
                "title": pa.nulls(len(dataset.items), pa.string()),
                "text": pa.nulls(len(dataset.items), pa.string()),
            }
        )
    )
    store.write_users(pa.table({"id": dataset.users.tolist()}))
    store.write_feedback(
        "LIKED",
        pa.table(
            {
                "user": dataset.users[feedback.user].tolist(),
                "item": dataset.items[feedback.item].tolist(),
                "value": feedback.value,
                "at": feedback.at,
                "split": feedback.split.tolist(),
            }
        ),
    )


def test_the_graph_is_left_as_it_was(store: Store, tmp_path: Path) -> None:
    write(store, films())
    dataset = read_dataset(store)
    publish(
        store,
        train(dataset, TrainingSettings(), rng=0),
        fingerprint=dataset.fingerprint,
        artifacts=tmp_path,
    )
    counts, runs, current = dict(store.counts()), store.runs(), store.current_run()
    assert current is not None

    report = run(read_dataset(store))

    assert report.n_tests == 2 * N_USERS
    assert dict(store.counts()) == counts
    assert store.runs() == runs
    assert store.current_run() == current
    assert read_dataset(store).fingerprint == dataset.fingerprint


def with_planted(dataset: Dataset, known_by: int = 0) -> Dataset:
    """Everybody has the planted item; the first users in training rows, the others in test rows."""
    extra = Feedback(
        user=np.arange(N_USERS, dtype=np.int32),
        item=np.full(N_USERS, N_ITEMS, dtype=np.int32),
        type=np.zeros(N_USERS, dtype=np.int16),
        value=np.ones(N_USERS),
        at=np.full(N_USERS, 5_500, dtype=np.int64),
        split=np.array(["train"] * known_by + ["test"] * (N_USERS - known_by), dtype=object),
    )
    columns = {
        name: np.concatenate([getattr(dataset.feedback, name), getattr(extra, name)])
        for name in ("user", "item", "type", "value", "at", "split")
    }
    return replace(
        dataset,
        items=np.append(dataset.items, PLANTED),
        feedback=sort_feedback(Feedback(**columns)),
    )


def test_an_item_that_only_test_rows_hold_reaches_no_evidence(store: Store) -> None:
    """Through the graph: whatever `train` learns from it, nothing leads to the planted item."""
    write(store, with_planted(films()))
    dataset = read_dataset(store)
    evidence = train(dataset, TrainingSettings(), rng=0)
    planted = dataset.items.tolist().index(PLANTED)
    for relation, edges in evidence.item_edges.items():
        assert planted not in edges.source, relation
        assert planted not in edges.target, relation
    assert evidence.prior[planted] == 0.0


def test_an_item_that_only_test_rows_hold_is_suggested_to_nobody(store: Store) -> None:
    write(store, with_planted(films()))
    report = run(read_dataset(store), OURS_ONLY)
    assert report.n_tests == 3 * N_USERS
    lists = lists_of(report)
    assert all(lists.values())
    assert not [user for user, items in lists.items() if PLANTED in items]


def test_an_item_that_training_rows_hold_is_suggested_to_the_others() -> None:
    """The counter-proof: the same item would have been found, had training seen it."""
    lists = lists_of(run(with_planted(films(), known_by=20), OURS_ONLY))
    assert [user for user, items in lists.items() if PLANTED in items] == [
        f"u{place:02}" for place in range(20, N_USERS)
    ]


@pytest.mark.parametrize("refit", [True, False])
def test_lists_do_not_depend_on_what_is_held_out(refit: bool) -> None:
    """The strongest form: exchange all test rows for others, and every list stays the same."""
    dataset = films()
    is_test = dataset.feedback.split == "test"
    item = dataset.feedback.item.copy()
    item[is_test] = (item[is_test] + 10) % N_ITEMS  # the other taste
    moved = sort_feedback(replace(dataset.feedback, item=item))
    settings = replace(QUICK, refit=refit, baselines=tuple(BASELINES))

    first, second = run(dataset, settings), run(dataset.with_feedback(moved), settings)

    assert lists_of(first) == lists_of(second)
    for ours, theirs in zip(first.models, second.models, strict=True):
        for one, other in zip(ours.folds, theirs.folds, strict=True):
            np.testing.assert_array_equal(one.lists.top, other.lists.top, ours.model)
    assert first.models[0].metrics["ndcg"] != second.models[0].metrics["ndcg"]


def test_candidates_are_neither_training_nor_validation_items() -> None:
    dataset = films()
    known = {
        (dataset.users[user], dataset.items[item])
        for user, item, mark in zip(
            dataset.feedback.user, dataset.feedback.item, dataset.feedback.split, strict=True
        )
        if mark != "test"
    }
    for refit in (True, False):
        for user, items in lists_of(run(dataset, replace(OURS_ONLY, refit=refit))).items():
            assert len(set(items)) == len(items)
            assert not {(user, item) for item in items} & known


def test_ours_finds_the_taste_that_popularity_cannot() -> None:
    report = run(films())
    metrics = {model.model: model.metrics for model in report.models}
    assert list(metrics) == ["whypath", "most popular", "item kNN", "iALS", "EASE (full)"]
    # Three of a taste's ten items are left to a user, and two of them are the test.
    assert metrics["whypath"]["ndcg"][0] > 0.8
    assert metrics["EASE (full)"]["ndcg"][0] > 0.8
    assert metrics["whypath"]["ndcg"][0] > metrics["most popular"]["ndcg"][0]
    gain = report.comparisons[0]
    assert (gain.baseline, gain.k) == ("most popular", 10)
    assert gain.interval.low <= gain.interval.difference <= gain.interval.high
    assert gain.interval.difference == pytest.approx(
        metrics["whypath"]["ndcg"][0] - metrics["most popular"]["ndcg"][0]
    )


@pytest.mark.parametrize("split", ["random", "chronological", "kfold", "cold_items"])
def test_every_split_reports_every_metric(split: str) -> None:
    settings = replace(QUICK, split=split, k=(1, 5), folds=3)
    report = run(films(marks=False), settings)
    assert report.split["name"] == split
    for _, values in report.rows():
        assert list(values) == [f"{name}@{k}" for name in METRICS for k in (1, 5)]
        assert all(np.isfinite(value) for value in values.values())
    assert len(report.models[0].folds) == (3 if split == "kfold" else 1)


def test_the_same_seed_gives_the_same_report() -> None:
    def figures(rng: int) -> dict[str, object]:
        report = evaluate(
            films(marks=False), replace(QUICK, split="random"), TrainingSettings(), rng=rng
        ).to_json()
        for model in report["models"]:
            del model["seconds"], model["cpu_seconds"], model["folds"]
        return report

    assert figures(3) == figures(3)
    assert figures(3) != figures(4)


def test_a_baseline_more_does_not_change_ours() -> None:
    dataset = films(marks=False)
    settings = replace(QUICK, split="random")
    alone = run(dataset, replace(settings, baselines=()))
    beside = run(dataset, replace(settings, baselines=("random", "ials")))
    assert lists_of(alone) == lists_of(beside)
    assert alone.comparisons == ()
    other_way = run(dataset, replace(settings, baselines=("popular", "random")))
    assert (
        run(dataset, replace(settings, baselines=("popular",))).comparisons
        == (other_way.comparisons[:1])
    )


def test_marks_of_the_data_are_not_what_a_random_split_trains_on() -> None:
    """A graph with a marked test set may be split anew; the old marks then mean nothing."""
    marked = run(films(marks=True), replace(OURS_ONLY, split="random"))
    plain = run(films(marks=False), replace(OURS_ONLY, split="random"))
    assert lists_of(marked) == lists_of(plain)


def test_cold_items_stand_beside_models_that_need_no_feedback(tmp_path: Path) -> None:
    file = tmp_path / "cold.csv"
    file.write_text("item,fold\ni03,test\ni13,test\ni14,tune\nunheard,test\n")
    report = run(films(), replace(QUICK, cold_items=file, cold_fold="test"))
    assert report.split == {"name": "cold_items", "items": 3}
    assert [model.model for model in report.models] == ["whypath", "random order", "shared facts"]
    assert "popular, itemknn, ials, ease" in report.notes[0]
    assert report.notes[1] == "1 of the cold items are not in the graph."
    for items in lists_of(report).values():
        assert set(items) <= {"i03", "i13"}


def test_ease_that_needs_too_much_memory_is_left_out_with_a_sentence() -> None:
    report = evaluate(films(), QUICK, TrainingSettings(max_dense_items=10))
    assert "EASE (full)" not in {model.model for model in report.models}
    assert any("EASE (full) was left out" in note for note in report.notes)


def test_json_says_everything_and_is_json() -> None:
    value = json.loads(json.dumps(run(films()).to_json()))
    assert value["users"] == N_USERS
    assert value["held_out"] == 2 * N_USERS
    assert value["models"][0]["model"] == "whypath"
    assert set(value["models"][0]["metrics"]) == {f"{name}@10" for name in METRICS}
    assert value["models"][3]["folds"][0]["settings"]["factors"] == 128
    assert {entry["baseline"] for entry in value["comparisons"]} == {
        model["model"] for model in value["models"][1:]
    }


def test_lists_are_written_best_first(tmp_path: Path) -> None:
    report = run(films(), OURS_ONLY)
    file = tmp_path / "lists.csv"
    report.write_lists(file)
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert list(rows[0]) == ["user", "item", "rank", "score"]
    found: dict[str, list[str]] = {}
    last = {}
    for row in rows:
        found.setdefault(row["user"], []).append(row["item"])
        assert int(row["rank"]) == len(found[row["user"]])
        assert float(row["score"]) <= last.get(row["user"], float("inf"))
        last[row["user"]] = float(row["score"])
    assert found == lists_of(report)
    assert list(tmp_path.iterdir()) == [file]


def test_lists_of_several_folds_name_the_fold(tmp_path: Path) -> None:
    report = run(films(marks=False), replace(OURS_ONLY, split="kfold", folds=2))
    report.write_lists(tmp_path / "lists.csv")
    with (tmp_path / "lists.csv").open(encoding="utf-8", newline="") as lines:
        assert {row["fold"] for row in csv.DictReader(lines)} == {"0", "1"}


def test_lists_that_cannot_be_written(tmp_path: Path) -> None:
    report = run(films(), OURS_ONLY)
    (tmp_path / "folder").mkdir()
    with pytest.raises(ResourceError, match=r"cannot write .*folder"):
        report.write_lists(tmp_path / "folder")
    with pytest.raises(ResourceError, match="No such file"):
        report.write_lists(tmp_path / "missing" / "lists.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"split": "files_"}, "unknown split 'files_'; known: auto, files, random"),
        ({"k": ()}, "k is"),
        ({"k": (10, 0)}, "at least 1"),
        ({"k": (10, 10)}, "different numbers"),
        ({"test_share": 1.0}, "test_share is 1.0"),
        ({"folds": 1}, "folds is 1"),
        ({"baselines": ("svd",)}, "unknown baseline 'svd'; known: popular"),
        ({"threads": 0}, "threads is 0"),
        ({"split": "random", "only_folds": ("1",)}, "only_folds goes with the split kfold"),
        ({"split": "random", "cold_items": Path("x.csv")}, "cold_items goes with the split"),
        ({"cold_fold": "test"}, "cold_fold names rows of the file"),
    ],
)
def test_settings_that_cannot_be_meant(change: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        EvaluationSettings(**change)


def test_data_that_cannot_be_split_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no feedback of type LIKED is marked"):
        run(films(marks=False), replace(QUICK, split="files"))
    with pytest.raises(UsageError, match="this data asks for files"):
        run(films(), replace(QUICK, only_folds=("1",)))
    with pytest.raises(DataError, match="cannot read"):
        run(films(), replace(QUICK, cold_items=tmp_path / "none.csv"))


def test_the_lists_measured_are_the_lists_served(store: Store, tmp_path: Path) -> None:
    """Train and publish as `whypath train` does; every user is served what was measured."""
    write(store, films())
    dataset = read_dataset(store)
    # the generator that `evaluate` gives our model
    rng = np.random.default_rng(OURS_ONLY.rng).spawn(3)[2]
    publish(
        store,
        train(dataset, TrainingSettings(), rng=rng),
        fingerprint=dataset.fingerprint,
        artifacts=tmp_path,
    )
    recommender = Recommender(store, tmp_path)
    (fold,) = run(dataset, OURS_ONLY).models[0].folds
    for user, top, scores in zip(fold.lists.users, fold.lists.top, fold.lists.scores, strict=True):
        answer = recommender.recommend(Request(user=str(dataset.users[user]), n=10))
        served = {suggestion.item: suggestion.score for suggestion in answer.suggestions}
        measured = dict(zip(dataset.items[top[top >= 0]], scores[top >= 0], strict=True))
        assert served == pytest.approx(measured, abs=1e-6)
