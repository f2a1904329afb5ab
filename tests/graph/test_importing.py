"""Files become a graph: each row once, whatever happens, and every row is accounted for."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.connect import open_store
from graph.errors import DataError, ResourceError
from graph.files.spool import Spool, records
from graph.import_report import ImportReport
from graph.importing import import_project
from graph.mapping import Mapping
from graph.mapping_tables import KCore
from graph.model import FactType, WriteCount
from graph.store import Store

SHOP = """
[items]
file = "items.csv"
id = "id"
title = "title"
text = ["title", "plot"]
[[items.properties]]
column = "year"
type = "integer"
[[items.attributes]]
column = "genres"
split = "|"
relation = "HAS_GENRE"
kind = "Genre"
[[items.attributes]]
column = "year"
width = 10
label = "{low}s"
relation = "FROM_DECADE"
kind = "Decade"
[users]
file = "users.csv"
id = "id"
[[users.attributes]]
column = "job"
relation = "WORKS_AS"
kind = "Job"
[[facts]]
file = "facts.csv"
item = "item"
relation = { column = "relation", names = { director = "DIRECTED_BY" } }
entity = "name"
kind = { column = "kind" }
[[feedback]]
file = "ratings.csv"
user = "user"
item = "item"
value = "rating"
at = "at"
type = "LIKED"
keep = ">= 4"
[[feedback]]
file = "ratings.csv"
user = "user"
item = "item"
value = "rating"
at = "at"
type = "RATED_LOW"
keep = "< 4"
"""

FILES = {
    "items.csv": "id,title,plot,year,genres\n1,Heat,Cops.,1995,Crime|Drama\n"
    "2,Toy Story,,1995,comedy\n3,Unknown,,V,Comedy\n3,Twice,,1990,\n,No id,,1990,\n",
    "users.csv": "id,job\nu1,writer\nu2,none\n",
    "facts.csv": "item,relation,kind,name\n1,director,person,Michael Mann\n2,genre,genre,COMEDY\n"
    "9,genre,genre,Comedy\n1,director,person,\n1,director,person,Michael Mann\n",
    "ratings.csv": "user,item,rating,at\nu1,1,5,100\nu1,2,3,200\nu3,1,4,300\nu1,9,5,400\n"
    "u2,1,good,500\nu2,1,4,soon\n,1,4,600\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    write(folder, SHOP, FILES)
    return folder


def write(folder: Path, mapping: str, files: dict[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "whypath.toml").write_text(mapping, encoding="utf-8")
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def mapping_of(folder: Path) -> Mapping:
    return Mapping.from_toml(tomllib.loads((folder / "whypath.toml").read_text()), folder)


def run(folder: Path, store: Store, *, append: bool = False) -> ImportReport:
    return import_project(mapping_of(folder), store, append=append)


def feedback(store: Store, type: str = "LIKED") -> list[tuple[Any, ...]]:
    table = store.read_feedback(type).select(["user", "item", "value", "at", "split"])
    return [tuple(row.values()) for row in table.to_pylist()]


def everything(store: Store) -> dict[str, object]:
    schema = store.schema()
    return {
        "items": store.read_items().to_pylist(),
        "users": store.read_users().to_pylist(),
        "entities": store.read_entities().to_pylist(),
        "facts": {fact: store.read_facts(fact).to_pylist() for fact in schema.fact_types},
        "feedback": {kind: store.read_feedback(kind).to_pylist() for kind in schema.feedback_types},
    }


def test_files_become_the_graph_that_the_mapping_describes(
    project: Path, ladybug_store: Store
) -> None:
    run(project, ladybug_store)
    items = ladybug_store.read_items().select(["id", "title", "text", "year"]).to_pylist()
    assert [tuple(item.values()) for item in items] == [
        ("1", "Heat", "Heat\nCops.", 1995),
        ("2", "Toy Story", "Toy Story", 1995),
        ("3", "Unknown", "Unknown", None),
    ]
    assert ladybug_store.read_users().column("id").to_pylist() == ["u1", "u2", "u3"]
    names = {row["id"]: row["name"] for row in ladybug_store.read_entities().to_pylist()}
    assert names == {
        "Decade:1990s": "1990s",
        "Genre:Crime": "Crime",
        "Genre:Drama": "Drama",
        "Genre:comedy": "comedy",
        "Job:writer": "writer",
        "Person:Michael Mann": "Michael Mann",
    }
    genres = ladybug_store.read_facts(FactType("Item", "HAS_GENRE")).to_pylist()
    assert [(row["source"], row["entity"], row["weight"]) for row in genres] == [
        ("1", "Genre:Crime", 1.0),
        ("1", "Genre:Drama", 1.0),
        ("2", "Genre:comedy", 1.0),
        ("3", "Genre:comedy", 1.0),
    ]
    assert ladybug_store.read_facts(FactType("Item", "GENRE")).num_rows == 1
    assert feedback(ladybug_store) == [("u1", "1", 5.0, 100, None), ("u3", "1", 4.0, 300, None)]
    assert feedback(ladybug_store, "RATED_LOW") == [("u1", "2", 3.0, 200, None)]


def test_every_row_is_accounted_for(project: Path, ladybug_store: Store) -> None:
    report = run(project, ladybug_store)
    by_file = {file.file: file for file in report.files}
    for file in report.files:
        assert file.read == file.kept + file.left_out + sum(r.count for r in file.rejected)
    reasons = {
        name: {(rows.reason, rows.count, rows.lines) for rows in file.rejected}
        for name, file in by_file.items()
    }
    assert reasons == {
        "items.csv": {("duplicate id", 1, (5,)), ("missing id", 1, (6,))},
        "users.csv": set(),
        "facts.csv": {("unknown item", 1, (4,)), ("missing name", 1, (5,))},
        "ratings.csv": {
            ("unknown item", 1, (5,)),
            ("rating is no number", 1, (6,)),
            ("at is no time (s)", 1, (7,)),
            ("missing user", 1, (8,)),
        },
    }
    assert by_file["ratings.csv"].tables == ("[[feedback]] no. 1", "[[feedback]] no. 2")
    assert by_file["ratings.csv"].time_unit == "s"
    cleaned = {change.what: change.example for change in by_file["items.csv"].cleaned}
    assert cleaned["year: left out, not an integer"] == "V"
    assert cleaned["Genre: spelled like the first time"] == "Comedy -> comedy"
    assert json.loads(json.dumps(report.to_json()))["written"]["LIKED"]["added"] == 2
    rejects = project / "rejects"
    assert sorted(path.name for path in rejects.iterdir()) == [
        "facts.csv",
        "items.csv",
        "ratings.csv",
    ]
    with (rejects / "items.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["line"], row["reason"]) for row in rows] == [
        ("5", "duplicate id: first on line 4"),
        ("6", "missing id"),
    ]
    assert json.loads(rows[0]["row"])["title"] == "Twice"


def test_twice_is_once(project: Path, ladybug_store: Store) -> None:
    first = run(project, ladybug_store)
    before = everything(ladybug_store)
    second = run(project, ladybug_store)
    assert everything(ladybug_store) == before
    n_rows = first.total().added
    assert first.total() == WriteCount(added=n_rows)
    assert second.total() == WriteCount(unchanged=n_rows)
    assert [file.rejected for file in second.files] == [file.rejected for file in first.files]
    assert second.not_in_files == {}


def test_changed_rows_update_and_lost_rows_are_reported_not_deleted(
    project: Path, ladybug_store: Store
) -> None:
    run(project, ladybug_store)
    write(
        project,
        SHOP,
        {
            "items.csv": FILES["items.csv"].replace("1,Heat", "1,Heat!"),
            "ratings.csv": "user,item,rating,at\nu1,1,4,150\n",
        },
    )
    report = run(project, ladybug_store)
    assert report.written["Item"] == WriteCount(changed=1, unchanged=2)
    assert report.written["LIKED"] == WriteCount(changed=1)
    assert report.not_in_files["LIKED"] == 1
    assert feedback(ladybug_store) == [("u1", "1", 4.0, 150, None), ("u3", "1", 4.0, 300, None)]
    assert ladybug_store.items(["1"])[0].title == "Heat!"


def test_append_knows_the_items_of_the_graph(project: Path, ladybug_store: Store) -> None:
    run(project, ladybug_store)
    before = ladybug_store.read_users().to_pylist(), ladybug_store.read_items().to_pylist()
    write(
        project,
        SHOP + "[cleaning]\nk_core = { users = 99 }\n",
        {
            "items.csv": "id,title,plot,year,genres\n4,Ran,,1985,\n1,Heat,Cops.,1995,Crime\n",
            "users.csv": "id,job\nu9,writer\n",
            "facts.csv": "item,relation,kind,name\n2,director,person,John Lasseter\n",
            "ratings.csv": "user,item,rating,at\nu2,2,5,700\nu2,4,5,800\nu2,8,5,900\n",
        },
    )
    with_append = run(project, ladybug_store, append=True)
    assert with_append.n_rejected() == 1
    assert with_append.outside_core == {}
    assert [row[:2] for row in feedback(ladybug_store)] == [
        *(("u1", "1"), ("u2", "2"), ("u2", "4"), ("u3", "1")),
    ]
    users, items = ladybug_store.read_users().to_pylist(), ladybug_store.read_items().to_pylist()
    assert [row for row in users if row["id"] != "u9"] == before[0]
    assert [row for row in items if row["id"] != "4"] == before[1]
    without = run(project, ladybug_store)
    assert {rows.reason: rows.count for rows in without.files[-1].rejected} == {"unknown item": 2}


def test_without_node_files_nodes_appear_with_their_edges(
    tmp_path: Path, ladybug_store: Store
) -> None:
    write(
        tmp_path / "p",
        """
        [[facts]]
        file = "f.csv"
        user = "u"
        relation = "LIVES_IN"
        kind = "City"
        entity = "city"
        split = ";"
        weight = "w"
        [[feedback]]
        file = "r.jsonl"
        user = "u"
        item = "i"
        value = 2.5
        type = { column = "event", names = { buy = "BOUGHT", view = "VIEWED" } }
        split = { column = "fold" }
        """,
        {
            "f.csv": "u,city,w\na,Rome; Paris,0.5\n",
            "r.jsonl": '{"u": 1, "i": 7, "event": "view", "fold": 3}\n'
            '{"u": 1, "i": 8, "event": "buy", "fold": null}\n'
            '{"u": 1, "i": 8, "event": "sell", "fold": 1}\n',
        },
    )
    report = run(tmp_path / "p", ladybug_store)
    assert ladybug_store.read_users().column("id").to_pylist() == ["1", "a"]
    assert ladybug_store.read_items().column("id").to_pylist() == ["7"]
    assert feedback(ladybug_store, "VIEWED") == [("1", "7", 2.5, None, "3")]
    assert feedback(ladybug_store, "BOUGHT") == []
    assert {rows.reason for rows in report.files[-1].rejected} == {"missing fold", "unknown event"}
    cities = ladybug_store.read_facts(FactType("User", "LIVES_IN")).to_pylist()
    assert [(row["entity"], row["weight"]) for row in cities] == [
        ("City:Paris", 0.5),
        ("City:Rome", 0.5),
    ]
    assert ladybug_store.schema().feedback_types == ("BOUGHT", "VIEWED")


def test_merged_entities_are_one(project: Path, ladybug_store: Store) -> None:
    merge = '[cleaning.merge.genre]\n"Funny" = ["Comedy", "humour"]\n'
    write(project, SHOP + merge, {})
    run(project, ladybug_store)
    names = ladybug_store.read_entities().column("name").to_pylist()
    assert "Funny" in names
    assert "comedy" not in names


def test_case_is_kept_where_it_counts(project: Path, ladybug_store: Store) -> None:
    write(project, SHOP + "[cleaning]\nfold_case = false\n", {})
    run(project, ladybug_store)
    names = ladybug_store.read_entities().column("name").to_pylist()
    assert {"comedy", "Comedy", "COMEDY"} <= set(names)


def test_spellings_of_the_graph_stay(project: Path, ladybug_store: Store) -> None:
    run(project, ladybug_store)
    write(project, SHOP, {"items.csv": FILES["items.csv"].replace("comedy", "COMEDY")})
    run(project, ladybug_store)
    names = ladybug_store.read_entities().column("name").to_pylist()
    assert [name for name in names if name.lower() == "comedy"] == ["comedy"]


RATINGS = """
[[feedback]]
file = "r.csv"
user = "u"
item = "i"
at = "t"
type = "LIKED"
[cleaning]
"""


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=60),
    st.integers(1, 3),
    st.integers(1, 3),
)
def test_a_k_core_is_the_greatest_that_fulfils_it(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[int, int]], users: int, items: int
) -> None:
    folder = tmp_path_factory.mktemp("core")
    rows = "".join(f"u{u},i{i},{at}\n" for at, (u, i) in enumerate(pairs))
    core = f"k_core = {{ users = {users}, items = {items} }}\n"
    write(folder, RATINGS + core, {"r.csv": "u,i,t\n" + rows})
    with open_store(f"ladybug://{folder}/g.lbug?buffer_mb=64") as store:
        report = run(folder, store)
        left = {row[:2] for row in feedback(store)}
        assert set(store.read_users().column("id").to_pylist()) == {user for user, _ in left}
    expected = {(f"u{u}", f"i{i}") for u, i in pairs}
    assert sum(report.repeated.values()) == len(pairs) - len(expected)
    while True:
        of_user, of_item = Counter(u for u, _ in expected), Counter(i for _, i in expected)
        inner = {(u, i) for u, i in expected if of_user[u] >= users and of_item[i] >= items}
        if inner == expected:
            break
        expected = inner
    assert left == expected


def test_edges_come_out_of_many_parts_as_out_of_one(tmp_path: Path) -> None:
    rng = random.Random(5)
    rows = [(rng.randrange(90), rng.randrange(40), rng.randrange(9)) for _ in range(3_000)]
    source, target, at = (np.array(column) for column in zip(*rows, strict=True))
    results = []
    for n_rows in (1, 3_000_000):
        spool = Spool(tmp_path / str(n_rows), n_rows)
        for piece in np.split(np.arange(len(rows)), 6):
            made = records(
                source[piece].astype(np.int32), target[piece].astype(np.int32), 0, 1.0, at[piece]
            )
            spool.append(made)
        assert spool.rows() == len(rows)
        gone = spool.resolve("last"), spool.keep_core(KCore(users=18, items=40), 90, 40)
        left = sorted(row for part in spool.parts() for row in part.tolist())
        results.append((len(list(spool.parts())), [g.tolist() for g in gone], left))
        spool.close()
    assert results[0][0] == 1
    assert results[1][0] > 1
    assert results[0][1:] == results[1][1:]
    assert 0 < len(results[0][2]) < len(rows)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("ratings.csv", None, "ratings.csv does not exist"),
        ("ratings.csv", b"user,item,stars,at\nu1,1,5,1\n", "has no column 'rating'"),
        ("ratings.csv", b"user;item;rating;at\nu1;1;5;1\n", 'set delimiter = ";"'),
        ("ratings.csv", b"user,item,rating,at\nu1,1,5,1\nu\xe9,1,5,1\n", "line 3: the byte 0xE9"),
        ("facts.csv", b"", "facts.csv is empty"),
    ],
)
def test_nothing_is_written_where_a_file_cannot_be_used(
    project: Path, ladybug_store: Store, name: str, content: bytes | None, said: str
) -> None:
    if content is None:
        (project / name).unlink()
    else:
        (project / name).write_bytes(content)
    with pytest.raises(DataError, match=said.replace("[", r"\[")):
        run(project, ladybug_store)
    assert sum(ladybug_store.counts().values()) == 0
    assert not (project / "rejects").exists()


def test_a_column_of_names_is_not_taken_for_relations(project: Path, ladybug_store: Store) -> None:
    rows = "".join(f"1,r{n},person,x\n" for n in range(300))
    (project / "facts.csv").write_text("item,relation,kind,name\n" + rows)
    with pytest.raises(DataError, match="more than 200 relations"):
        run(project, ladybug_store)


def test_a_full_disk_is_one_sentence(
    project: Path, ladybug_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Spool, "append", refuse)  # The one way to a full disk without filling it.
    with pytest.raises(ResourceError, match="the disk is full"):
        run(project, ladybug_store)


CHILD = """
import sys, tomllib
from pathlib import Path
from graph.connect import open_store
from graph.importing import import_project
from graph.mapping import Mapping
from graph.mapping_tables import KCore
folder = Path(sys.argv[1])
mapping = Mapping.from_toml(tomllib.loads((folder / "whypath.toml").read_text()), folder)
with open_store(f"ladybug://{folder}/g.lbug?buffer_mb=128") as store:
    print("open", flush=True)
    import_project(mapping, store)
    print("done", flush=True)
"""


def test_an_import_that_was_killed_is_simply_run_again(tmp_path: Path) -> None:
    rng = random.Random(7)
    ratings = "".join(
        f"u{u},{i},{rng.randint(1, 5)},{rng.randint(10**9, 2 * 10**9)}\n"
        for u in range(300)
        for i in rng.sample(range(300), 100)
    )
    items = "".join(f"{i},Film {i},Plot {i}.,{1950 + i % 50},A|B{i % 7}\n" for i in range(300))
    facts = "".join(f"{i},director,person,P{i % 90}\n" for i in range(300))
    project = tmp_path / "p"
    write(
        project,
        SHOP,
        {
            "items.csv": "id,title,plot,year,genres\n" + items,
            "users.csv": FILES["users.csv"],
            "facts.csv": "item,relation,kind,name\n" + facts,
            "ratings.csv": "user,item,rating,at\n" + ratings,
        },
    )
    with open_store(f"ladybug://{tmp_path}/whole.lbug?buffer_mb=128") as store:
        run(project, store)
        whole = everything(store)
    n_killed = 0
    for _ in range(4):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(project)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        time.sleep(rng.uniform(0.05, 0.5))
        os.kill(child.pid, signal.SIGKILL)
        n_killed += "done" not in child.stdout.read()
        child.wait()
        child.stdout.close()
    assert n_killed
    with open_store(f"ladybug://{project}/g.lbug?buffer_mb=128") as store:
        run(project, store)
        assert everything(store) == whole
