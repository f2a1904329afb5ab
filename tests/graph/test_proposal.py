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


def items_with(tmp_path: Path, column: str, cells: list[str]) -> tuple[str, Mapping]:
    rows = "".join(f'{n},"{cell}"\n' for n, cell in enumerate(cells))
    return propose(tmp_path, items__csv=f"item_id,{column}\n{rows}")


@pytest.mark.parametrize(
    ("column", "form", "years"),
    [
        ("year", "{}", range(1985, 1995)),
        ("year", "{}.0", range(1985, 1995)),
        ("Year-Of-Publication", "{}", [0, *range(1985, 1995)]),
        ("release_date", "{}-03-07", range(1985, 1995)),
        ("released", "07-Mar-{}", range(1985, 1995)),
        ("released", "March 7, {}", range(1985, 1995)),
        ("title", "A film ({})", range(1985, 1995)),
    ],
)
def test_years_become_a_number_to_filter_by_and_facts(
    tmp_path: Path, ladybug_store: Store, column: str, form: str, years: list[int]
) -> None:
    cells = [form.format(year) for year in years for _ in range(3)]
    _, mapping = items_with(tmp_path, column, cells)
    assert mapping.items is not None
    assert [p.type for p in mapping.items.properties] == ["integer"]
    assert [a.relation for a in mapping.items.attributes] == ["FROM_DECADE", "FROM_YEAR"]
    import_project(mapping, ladybug_store)
    names = ladybug_store.read_entities()["name"].to_pylist()
    assert sorted(names) == sorted(["1980s", "1990s", *(str(n) for n in range(1985, 1995))])


def test_years_that_items_do_not_share_are_no_facts(tmp_path: Path) -> None:
    _, mapping = items_with(tmp_path, "year", [str(1900 + n) for n in range(60)])
    assert mapping.items is not None
    assert [a.relation for a in mapping.items.attributes] == ["FROM_DECADE"]
    proposal, mapping = items_with(
        tmp_path, "created_at", [f"2020-01-{n:02}" for n in range(1, 29)]
    )
    assert mapping.items is not None
    assert mapping.items.attributes == ()
    assert "it holds dates" in proposal


def test_a_record_shop_is_understood(tmp_path: Path) -> None:
    tracks = "".join(
        f"t{n},Artist {n % 20},Song {n},{n % 7},{120_000 + n * 37},{'True' if n % 3 else 'False'},"
        f"Music > {['Rock', 'Jazz'][n % 2]}\n"
        for n in range(120)
    )
    plays = "".join(
        f"u{n % 9},2009-05-04 10:{n % 60:02}:00 UTC,a{n % 20},Artist {n % 20},t{n % 120},Song {n}\n"
        for n in range(400)
    )
    _, mapping = propose(
        tmp_path,
        tracks__csv="track_id,artist_name,track_name,label_id,duration_ms,live,style\n" + tracks,
        plays__csv="user_id,played_at,artist_id,artist_name,track_id,track_name\n" + plays,
    )
    assert mapping.items is not None
    assert mapping.items.title == "track_name"
    properties = {p.column: p.type for p in mapping.items.properties}
    assert properties == {"duration_ms": "integer", "live": "boolean"}
    attributes = {a.column: (a.split, a.relation, a.kind) for a in mapping.items.attributes}
    assert attributes == {
        "artist_name": (None, "HAS_ARTIST", "Artist"),
        "label_id": (None, "HAS_LABEL", "Label"),
        "style": (">", "HAS_STYLE", "Style"),
    }
    (table,) = mapping.feedback
    assert (table.item, table.at, table.types()) == ("track_id", "played_at", ("PLAYED",))


def test_ids_of_a_book_shop_are_found_beside_other_columns_of_books(tmp_path: Path) -> None:
    books = "".join(f"9780{n};Book {n};Author {n % 9}\n" for n in range(90))
    ratings = "".join(f"{n % 9};9780{n};{n % 11}\n" for n in range(90))
    _, mapping = propose(
        tmp_path,
        books__csv="ISBN;Book-Title;Book-Author\n" + books,
        ratings__csv="User-ID;ISBN;Book-Rating\n" + ratings,
    )
    assert mapping.items is not None
    assert (mapping.items.id, mapping.items.title) == ("ISBN", "Book-Title")
    assert [(a.relation, a.kind) for a in mapping.items.attributes] == [("HAS_AUTHOR", "Author")]
    assert {(entry.item, entry.value) for entry in mapping.feedback} == {("ISBN", "Book-Rating")}


def test_how_many_were_bought_is_no_rating(tmp_path: Path) -> None:
    rows = "".join(f"{n // 2},c{n % 9},p{n % 30},{n % 4 + 1}\n" for n in range(90))
    _, mapping = propose(tmp_path, orders__csv="order_id,customer_id,sku,quantity\n" + rows)
    (table,) = mapping.feedback
    assert (table.types(), table.value, table.keep) == (("BOUGHT",), "quantity", None)


def test_orders_without_users_are_left_out_with_advice(tmp_path: Path) -> None:
    rows = "".join(f"{n // 2},p{n % 30},{n % 4 + 1}\n" for n in range(90))
    events = "user_id,product_id\n" + "".join(f"c{n % 9},p{n % 30}\n" for n in range(90))
    proposal, mapping = propose(
        tmp_path, order_items__csv="order_id,product_id,qty\n" + rows, clicks__csv=events
    )
    assert mapping.facts == ()
    assert "order_items.csv is left out: its rows name orders" in proposal


def test_people_are_one_kind_and_events_are_listed_to_the_last_row(tmp_path: Path) -> None:
    n_first = 50_001  # more than are read to judge a file by
    facts = "item_id,relation,name\n" + "".join(
        f"{n % 500},{'country' if n < n_first else 'writer'},P{n % 40}\n"
        for n in range(n_first + 9)
    )
    events = "user_id,item_id,event\n" + "".join(
        f"{n % 9},{n % 500},{('view', 'cart')[n % 2] if n < n_first else 'purchase'}\n"
        for n in range(n_first + 9)
    )
    _, mapping = propose(tmp_path, facts__csv=facts, events__csv=events)
    assert mapping.facts[0].kind.names == {"writer": "Person"}
    assert mapping.feedback[0].types() == ("BOUGHT", "PUT_IN_CART", "VIEWED")


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
