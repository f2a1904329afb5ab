"""Callers' own Cypher over HTTP; all that is refused is in tests/graph/test_asking.py."""

from collections.abc import Iterator

import httpx
import pytest

from api.client import ApiError, Client
from api.rest.problems import problem_of
from graph.errors import TimeLimitError


@pytest.fixture
def client(http: httpx.Client) -> Iterator[Client]:
    with Client(str(http.base_url)) as client:
        yield client


def test_a_question_is_answered_in_rows(client: Client) -> None:
    answer = client.run_cypher(
        "MATCH (:User {id: $user})-[l:LIKED]->(i:Item) RETURN i.id AS id, l.value AS value "
        "ORDER BY id LIMIT 2",
        {"user": "u1"},
    )
    assert answer["data"]["fields"] == ["id", "value"]
    assert len(answer["data"]["values"]) == 2
    assert answer["cut_by"] is None


@pytest.mark.parametrize(
    "statement",
    [
        "MATCH (n:Item) DETACH DELETE n",
        "CREATE (:Item {id: 'x'})",
        "MATCH (n) SET n.title = 'x'",
        "LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line",
        "COPY (MATCH (n:Item) RETURN n.id) TO '/tmp/items.csv'",
        "CALL dbms.listConfig()",
        "RETURN 1; MATCH (n) DELETE n",
    ],
)
def test_what_could_do_more_than_read_is_refused(client: Client, statement: str) -> None:
    with pytest.raises(ApiError) as caught:
        client.run_cypher(statement)
    assert (caught.value.status, caught.value.kind) == (400, "statement")
    assert client.get_schema()["counts"]["Item"] == 16


def test_an_answer_that_is_cut_says_so(client: Client) -> None:
    answer = client.run_cypher("UNWIND $numbers AS one RETURN one", {"numbers": list(range(1500))})
    assert len(answer["data"]["values"]) == 1000
    assert answer["cut_by"] == "rows"


def test_a_statement_that_takes_too_long_is_its_own_problem() -> None:
    problem = problem_of(TimeLimitError("the statement took longer than 5 s"))
    assert (problem.kind.status, problem.detail) == (504, "the statement took longer than 5 s")
