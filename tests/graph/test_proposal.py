"""A proposed mapping is legal, finds what a person would, and says what it leaves out and why."""

import json
import random
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.errors import DataError
from graph.importing import import_project
from graph.mapping import Mapping
from graph.proposal import propose_mapping
from graph.store import Store
from graph.validation import validate_project

DATA = Path(__file__).parents[3] / "shared" / "data"


def propose(base: Path, **files: str | bytes) -> tuple[str, Mapping]:
    paths = []
    for name, text in files.items():
        path = base / name.replace("__", ".")
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        paths.append(path)
    proposal = propose_mapping(paths, base)
    return proposal, Mapping.from_toml(tomllib.loads(proposal), base)


def shop(rng: random.Random) -> dict[str, str]:
    products = "".join(
        f"P{n};Thing {n};{rng.choice(['red', 'blue'])};{rng.randint(1, 99)},5;"
        f"{rng.choice(['Toys|Wood', 'Toys', 'Food|Sweet'])};{'Nice and useful. ' * 9}{n}\n"
        for n in range(60)
    )
    events = "".join(
        f"c{rng.randint(0, 9)},P{rng.randint(0, 59)},{rng.choice(['view', 'purchase', 'cart'])},"
        f"{1_600_000_000_000 + n * 1_000_000}\n"
        for n in range(300)
    )
    return {
        "products__csv": "product_id;name;colour;price;categories;description\n" + products,
        "events__csv": "customerId,productId,event,timestamp\n" + events,
    }


def test_a_shop_is_understood(tmp_path: Path, ladybug_store: Store) -> None:
    proposal, mapping = propose(tmp_path, **shop(random.Random(2)))
    assert mapping.items is not None
    assert (mapping.items.id, mapping.items.title) == ("product_id", "name")
    assert mapping.items.delimiter == ";"
    assert mapping.items.text == ("name", "description")
    attributes = {a.column: (a.split, a.relation, a.kind) for a in mapping.items.attributes}
    assert attributes["categories"] == ("|", "HAS_CATEGORY", "Category")
    assert attributes["colour"] == (None, "HAS_COLOUR", "Colour")
    (events,) = mapping.feedback
    assert events.types() == ("BOUGHT", "PUT_IN_CART", "VIEWED")
    assert events.time_unit == "ms"
    assert "No file of users was found" in proposal
    assert [(p.name, p.type) for p in mapping.items.properties] == [("price", "float")]
    assert mapping.cleaning.decimal == ","
    report = import_project(mapping, ladybug_store)
    assert report.n_rejected() == 0
    assert report.written["BOUGHT"].added > 0


def test_roles_are_found_whatever_the_format(tmp_path: Path) -> None:
    people = "".join(
        json.dumps({"id": n, "age": 20 + n, "gender": "MF"[n % 2]}) + "\n" for n in range(40)
    )
    plays = "user\tsong\tplays\tdate\n" + "".join(
        f"{n % 40}\ts{n % 30}\t{n}\t2020-01-{n % 28 + 1:02}\n" for n in range(200)
    )
    _, mapping = propose(tmp_path, people__jsonl=people, plays__tsv=plays)
    assert mapping.users is not None
    assert mapping.users.file == "people.jsonl"
    assert {a.column: a.kind for a in mapping.users.attributes} == {
        "age": "AgeGroup",
        "gender": "Gender",
    }
    (plays_table,) = mapping.feedback
    assert (plays_table.value, plays_table.at, plays_table.time_unit) == ("plays", "date", "iso")
    assert plays_table.types() == ("PLAYED",)
    assert mapping.items is None


def test_a_file_with_a_row_for_each_user_is_of_users(tmp_path: Path) -> None:
    users = "user,job\n" + "".join(f"u{n},{['clown', 'writer'][n % 2]}\n" for n in range(20))
    clicks = "user,job\n" + "".join(f"u{n % 20},j{n % 7}\n" for n in range(100))
    _, mapping = propose(tmp_path, users__csv=users, clicks__csv=clicks)
    assert mapping.users is not None
    assert [a.column for a in mapping.users.attributes] == ["job"]
    (table,) = mapping.feedback
    assert (table.item, table.types()) == ("job", ("CLICKED",))


def test_ratings_divide_into_liked_and_low(tmp_path: Path) -> None:
    ratings = "user_id,book_id,score\n" + "".join(f"{n % 9},{n},{n % 10 + 1}\n" for n in range(90))
    _, mapping = propose(tmp_path, ratings__csv=ratings)
    keeps = [(entry.types(), entry.keep.text if entry.keep else None) for entry in mapping.feedback]
    assert keeps == [(("LIKED",), ">= 8"), (("RATED_LOW",), "< 8")]


def test_the_encoding_is_guessed(tmp_path: Path) -> None:
    items = "item_id,title\n" + "".join(f"{n},Café {n}\n" for n in range(30))
    proposal, mapping = propose(tmp_path, items__csv=items.encode("latin-1"))
    assert mapping.items is not None
    assert mapping.items.encoding == "cp1252"
    assert "a guess" in proposal
    assert not [f for f in validate_project(mapping) if f.code in ("file", "encoding")]


def test_files_without_items_or_feedback_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none of the files \(notes.csv\) looks like items"):
        propose(tmp_path, notes__csv="colour,size\nred,1\nred,1\n")
    with pytest.raises(DataError, match="does not exist"):
        propose_mapping([tmp_path / "no.csv"], tmp_path)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.text(
            st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='",;\t|'), min_size=1
        ).map(str.strip),
        max_size=5,
    ),
    st.lists(st.lists(st.sampled_from(["", "1", "2.5", "x", "a|b", "1999", "2020-01-01"]))),
)
def test_whatever_columns_are_called_the_proposal_is_legal(
    tmp_path: Path, names: list[str], rows: list[list[str]]
) -> None:
    header = list(dict.fromkeys(["item_id", *(name for name in names if name)]))
    lines = [header] + [
        [str(n), *(row[at] if at < len(row) else "" for at in range(len(header) - 1))]
        for n, row in enumerate([*rows, ["1"]])
    ]
    text = "\n".join(",".join(line) for line in lines) + "\n"
    _, mapping = propose(tmp_path, items__csv=text)
    assert mapping.items is not None
    assert not [f for f in validate_project(mapping) if f.code == "file"]


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="no benchmark data in ../shared/data")
def test_the_files_of_ml_100k_are_understood_and_imported(
    tmp_path: Path, ladybug_store: Store
) -> None:
    proposal = propose_mapping(sorted((DATA / "ml-100k").glob("*.csv")), tmp_path)
    mapping = Mapping.from_toml(tomllib.loads(proposal), tmp_path)
    assert mapping.items is not None
    assert mapping.items.title == "title"
    assert mapping.facts[0].relation.column == "relation"
    assert "cold_items.csv is left out" in proposal
    assert not [f for f in validate_project(mapping) if f.severity == "error"]
    report = import_project(mapping, ladybug_store)
    assert report.n_rejected() == 0
    assert report.written["LIKED"].added == 54_413


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="no benchmark data in ../shared/data")
def test_the_files_of_ml_latest_small_are_understood(tmp_path: Path) -> None:
    proposal = propose_mapping(sorted((DATA / "ml-latest-small").glob("*.csv")), tmp_path)
    mapping = Mapping.from_toml(tomllib.loads(proposal), tmp_path)
    assert mapping.feedback_types() == ("LIKED", "RATED_LOW")
    assert mapping.feedback[0].split is not None
    assert mapping.feedback[0].split.column == "fold"
    assert "tags.csv is left out: the text in 'tag'" in proposal


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="no benchmark data in ../shared/data")
def test_the_files_of_ml_1m_are_understood(tmp_path: Path) -> None:
    proposal = propose_mapping(sorted((DATA / "ml-1m").glob("*.csv")), tmp_path)
    mapping = Mapping.from_toml(tomllib.loads(proposal), tmp_path)
    assert mapping.items is not None
    assert mapping.items.text == ("title", "text")
    assert [p.name for p in mapping.items.properties] == ["year"]
    assert [entry.split and entry.split.constant for entry in mapping.feedback] == [
        *("train", "valid", "test"),
    ]
