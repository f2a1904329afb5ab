"""The command line from end to end on a tiny project, through the door a person uses."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from graph.store import Store

Cli = Callable[..., tuple[int, str, str]]


def test_from_files_to_explained_suggestions(cli: Cli) -> None:
    code, out, err = cli("validate")
    assert code == 0, out + err
    assert cli("import")[0] == 0
    assert cli("train")[0] == 0
    code, out, err = cli("recommend", "u1", "-n", "3")
    assert code == 0, err
    assert "Comedy" in out
    assert "u1 -LIKED-> " in out
    code, out, _ = cli("explain", "u1", "t0")
    assert code == 0
    assert "score" in out


def test_json_is_one_document_whose_contributions_add_up(trained: Cli) -> None:
    code, out, _ = trained("recommend", "u1", "-n", "3", "--json")
    assert code == 0
    answer = json.loads(out)
    assert answer["user"] == "u1"
    assert len(answer["items"]) == 3
    for item in answer["items"]:
        total = math.fsum(term["value"] for term in item["contributions"])
        assert total == pytest.approx(item["score"], abs=1e-6)
        assert item["item"].startswith("c")


def test_import_twice_is_import_once(cli: Cli) -> None:
    first = json.loads(cli("import", "--json")[1])
    second = json.loads(cli("import", "--json")[1])
    assert first["written"]["LIKED"]["added"] == 80
    assert second["written"]["LIKED"] == {"added": 0, "changed": 0, "unchanged": 80, "missing": 0}


def test_status_lists_runs_and_train_goes_back(trained: Cli) -> None:
    assert trained("train")[0] == 0
    status = json.loads(trained("status", "--json")[1])
    assert [run["is_current"] for run in status["runs"]] == [False, True]
    first = status["runs"][0]["run"]
    code, out, _ = trained("train", "--activate", str(first))
    assert code == 0
    assert f"run {first} serves now" in out
    status = json.loads(trained("status", "--json")[1])
    assert [run["is_current"] for run in status["runs"]] == [True, False]


def test_session_filter_counterfactual_and_language(trained: Cli) -> None:
    code, out, err = trained("recommend", "--history", "t1,t2", "-n", "2", "--json")
    assert code == 0, err
    assert {item["item"][0] for item in json.loads(out)["items"]} == {"t"}
    code, out, _ = trained("recommend", "u1", "--filter", "year >= 1990", "--json")
    assert {item["item"][0] for item in json.loads(out)["items"]} == {"t"}
    code, out, _ = trained("recommend", "u1", "--lang", "zh", "-n", "1")
    assert "因为" in out
    full = json.loads(trained("recommend", "u1", "-n", "1", "--json")[1])["items"][0]
    via = next(term["via"] for term in full["contributions"] if "via" in term)
    without = json.loads(trained("recommend", "u1", "--without", via, "--json")[1])["items"]
    masked = next(item for item in without if item["item"] == full["item"])
    lost = math.fsum(t["value"] for t in full["contributions"] if t.get("via") == via)
    assert masked["score"] == pytest.approx(full["score"] - lost, abs=1e-6)


def test_a_user_without_history_is_served_by_attributes_and_a_stranger_by_the_prior(
    project: Path, cli: Cli
) -> None:
    with (project / "users.csv").open("a", encoding="utf-8") as lines:
        lines.write("new,clown\n")
    assert cli("import")[0] == 0
    assert cli("train")[0] == 0
    answer = json.loads(cli("recommend", "new", "-n", "3", "--json")[1])
    assert answer["served_by"] == "profile"
    assert {item["item"][0] for item in answer["items"]} == {"c"}
    stranger = json.loads(cli("recommend", "stranger", "--json")[1])
    assert stranger["served_by"] == "prior"
    assert stranger["note"]


def append(project: Path, item: str) -> None:
    with (project / "items.csv").open("a", encoding="utf-8") as lines:
        lines.write(f"{item},Comedy of {item},2020,Comedy|Film\n")


def test_what_is_appended_after_the_training_is_recommended(project: Path, trained: Cli) -> None:
    append(project, "late")
    code, out, err = trained("import", "--append", "--json")
    assert code == 0, err
    report = json.loads(out)
    assert (report["placed"], report["texts_waiting"], report["not_placed"]) == (["late"], 0, "")
    answer = json.loads(trained("recommend", "u1", "-n", "9", "--json")[1])
    assert "late" in {item["item"] for item in answer["items"]}
    append(project, "later")
    code, out, _ = trained("import", "--append", "--encode-texts")
    assert code == 0
    assert "1 new item(s) can be recommended from now on" in out
    code, _, err = trained("import", "--encode-texts")
    assert code == 2
    assert "needs --append" in err


def test_the_run_gone_back_to_knows_what_came_meanwhile(project: Path, trained: Cli) -> None:
    assert trained("train")[0] == 0
    append(project, "late")
    assert trained("import", "--append")[0] == 0
    assert trained("train", "--activate", "1")[0] == 0
    answer = json.loads(trained("recommend", "u1", "-n", "9", "--json")[1])
    assert (answer["run"], "late" in {item["item"] for item in answer["items"]}) == (1, True)


def test_evaluate_prints_baselines_and_leaves_the_graph_alone(trained: Cli, tmp_path: Path) -> None:
    before = trained("status", "--json")[1]
    lists = tmp_path / "lists.csv"
    code, out, err = trained(
        "evaluate", "--split", "random", "--json", "--lists", str(lists), "-k", "3,5"
    )
    assert code == 0, err
    report = json.loads(out)
    assert len(report["models"]) >= 2
    assert "ndcg@3" in report["models"][0]["metrics"]
    assert lists.read_text(encoding="utf-8").startswith("user,item,rank,score\n")
    assert trained("status", "--json")[1] == before


def test_doctor_says_what_works(trained: Cli) -> None:
    code, out, _ = trained("doctor")
    assert code == 0
    assert "ladybug" in out
    assert "serves" in out


def test_init_proposes_a_mapping_that_imports(project: Path, cli: Cli) -> None:
    (project / "whypath.toml").unlink()
    files = [str(project / name) for name in ("items.csv", "users.csv", "ratings.csv")]
    code, _, err = cli("init", *files)
    assert code == 0, err
    assert cli("init", *files)[0] == 2
    code, out, err = cli("validate")
    assert code == 0, out
    code, out, err = cli("import", "--json")
    assert code == 0, err
    assert json.loads(out)["written"]["Item"]["added"] == 16


@pytest.mark.neo4j
def test_neo4j_gives_the_same_answers(
    trained: Cli,
    neo4j_store: Store,
    neo4j_server: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = [
        ("recommend", "u1", "-n", "5", "--json"),
        ("recommend", "u2", "--filter", "'Comedy' in HAS_GENRE", "--json"),
        ("explain", "u1", "t0", "--json"),
    ]
    embedded = [trained(*call) for call in calls]
    assert not any(neo4j_store.counts().values())
    uri, password = neo4j_server
    monkeypatch.setenv("NEO4J_URI", uri)
    monkeypatch.setenv("NEO4J_PASSWORD", password)
    for command in ("import", "train"):
        code, _, err = trained(command)
        assert code == 0, err
    assert [trained(*call) for call in calls] == embedded
