"""A mapping is read from TOML; what is wrong with it is one sentence that names table and key."""

import tomllib
from pathlib import Path

import pytest

from graph.errors import MappingError
from graph.mapping import Mapping
from graph.mapping_names import kind_name, property_name, relation_name
from graph.model import FactType

ITEMS = '[items]\nfile = "items.csv"\nid = "id"\n'
FEEDBACK = '[[feedback]]\nfile = "r.csv"\nuser = "u"\nitem = "i"\ntype = "LIKED"\n'


def mapping(text: str) -> Mapping:
    return Mapping.from_toml(tomllib.loads(text), Path("/project"))


def test_the_mapping_of_the_design_is_read() -> None:
    read = mapping(
        """
        [items]
        file = "items.csv"
        id = "item_id"
        title = "title"
        text = ["title", "overview"]
        [[items.properties]]
        column = "Release Year"
        type = "integer"
        [[items.attributes]]
        column = "genres"
        split = "|"
        relation = "has genre"
        kind = "genre"
        [users]
        file = "users.csv"
        id = "user_id"
        [[users.attributes]]
        column = "occupation"
        relation = "WORKS_AS"
        kind = "Occupation"
        [[facts]]
        file = "attributes.csv"
        item = "item_id"
        relation = { column = "relation", names = { director = "directed by" } }
        entity = "entity_name"
        kind = { column = "entity_type" }
        [[feedback]]
        file = "ratings.csv"
        user = "user_id"
        item = "item_id"
        value = "rating"
        at = "timestamp"
        type = "LIKED"
        keep = ">= 4"
        [[feedback]]
        file = "events.csv"
        user = "u"
        item = "i"
        type = { column = "event", names = { buy = "BOUGHT", view = "VIEWED" } }
        """
    )
    schema = read.schema()
    assert schema.item_properties == {"release_year": "integer"}
    assert schema.fact_types == (FactType("Item", "HAS_GENRE"), FactType("User", "WORKS_AS"))
    assert schema.entity_kinds == ("Genre", "Occupation")
    assert schema.feedback_types == ("LIKED", "BOUGHT", "VIEWED")
    assert read.path(read.facts[0]) == Path("/project/attributes.csv")
    assert read.facts[0].relation.names == {"director": "DIRECTED_BY"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "nothing to import"),
        ('[itmes]\nfile = "a"', "unknown table 'itmes'; did you mean 'items'? Known: items, users"),
        (ITEMS + 'titel = "t"', "[items]: unknown key 'titel'; did you mean 'title'?"),
        ('[[feedback]]\nfile = "f"\nuser = "u"\ntype = "X"', "[[feedback]] no. 1: the key 'item'"),
        (FEEDBACK + 'keep = ">= x"', "[[feedback]] no. 1, key 'keep': cannot read the condition"),
        (FEEDBACK + 'keep = ">= 4"', "is about `value`, which is no column here"),
        (FEEDBACK.replace("LIKED", "CO_LIKED"), "CO_LIKED is reserved for evidence"),
        (FEEDBACK.replace('"LIKED"', '{ column = "event" }'), "needs `names`"),
        (FEEDBACK + 'time_unit = "h"\nat = "t"', "key 'time_unit'"),
        (ITEMS + '[[items.attributes]]\ncolumn = "g"\nrelation = "A"\nkind = "User"', "reserved"),
        (
            ITEMS + '[[items.attributes]]\ncolumn = "g"\nrelation = "A"\nkind = "K"\nbins = [2, 1]',
            "`bins` must ascend",
        ),
        (ITEMS + '[[items.properties]]\ncolumn = "title"', "a property that every node has"),
        (ITEMS + '[[items.properties]]\ncolumn = "x"\npattern = "a"', "one group in parentheses"),
        (ITEMS + '[[items.properties]]\ncolumn = "x"\npattern = "(a"', "is no RE2 expression"),
        (ITEMS + "[cleaning.k_core]\nusers = 0", "[cleaning.k_core], key 'users'"),
        (ITEMS + '[cleaning.merge.G]\nA = ["c"]\nB = ["C"]', "is merged into both 'A' and 'B'"),
        (ITEMS + "columns = ['a']", "set header = false"),
        ("items = 3", "[items]: must be a table"),
        ('[[items]]\nfile = "a"', "[items]: must be a table"),
        (
            '[feedback]\nfile = "a"',
            "[feedback]: must be a list; tables in a list are written [[...]]",
        ),
        (
            FEEDBACK
            + '[[facts]]\nfile = "f"\nitem = "i"\nentity = "e"\nkind = "K"\nrelation = "liked"',
            "LIKED is both a type of feedback and a relation of facts",
        ),
        (
            ITEMS + '[[facts]]\nfile = "f"\nentity = "e"\nkind = "K"\nrelation = "r"',
            "give it `item` or `user`",
        ),
    ],
)
def test_a_wrong_mapping_says_where_and_what(text: str, said: str) -> None:
    with pytest.raises(MappingError) as caught:
        mapping(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "relation", "kind", "name"),
    [
        ("director", "DIRECTOR", "Director", "director"),
        ("production_company", "PRODUCTION_COMPANY", "ProductionCompany", "production_company"),
        ("Größe in cm", "GROE_IN_CM", "GroEInCm", "groe_in_cm"),
        ("2nd unit", "R_2ND_UNIT", "K2ndUnit", None),
        ("导演", None, None, None),
        ("", None, None, None),
    ],
)
def test_names_become_legal_or_are_refused(
    text: str, relation: str | None, kind: str | None, name: str | None
) -> None:
    for rename, expected in ((relation_name, relation), (kind_name, kind), (property_name, name)):
        if expected is None:
            with pytest.raises(ValueError, match="name"):
                rename(text)
        elif text != "Größe in cm":
            assert rename(text) == expected
        else:
            assert rename(text).isascii()


@pytest.mark.parametrize("folder", ["ml-100k", "ml-1m", "ml-latest-small"])
def test_the_benchmark_mappings_are_legal(folder: str) -> None:
    file = Path(__file__).parents[2] / "benchmarks" / folder / "whypath.toml"
    assert mapping(file.read_text()).feedback
