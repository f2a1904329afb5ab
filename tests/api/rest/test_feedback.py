"""Feedback through the server: row by row, idempotent, and in the next suggestion."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.api.rest.test_nodes import HOSTILE, quoted

Serve = Callable[..., httpx.Client]


def liked(user: str, item: str, **more: Any) -> dict[str, Any]:
    """A row."""
    return {"type": "LIKED", "user": user, "item": item, **more}


def test_feedback_is_in_the_next_suggestion(http: httpx.Client) -> None:
    for user in ("u1", "someone new"):
        best = http.get(f"/api/recommend/{quoted(user)}").json()["items"][0]["item"]
        answer = http.post("/api/feedback", json=[liked(user, best)], params={"create": True})
        assert answer.json()["added"] == 1
        full = {"explain": "full"}
        after = http.get(f"/api/recommend/{quoted(user)}", params=full).json()["items"]
        assert best not in [item["item"] for item in after]
        assert best in {part.get("via") for item in after for part in item["contributions"]}
        if user != "u1":  # in whose longer history others may lead more strongly
            assert best in {path["nodes"][1]["id"] for item in after for path in item["paths"]}
        path = f"/api/feedback/LIKED/{quoted(user)}/{best}"
        assert http.delete(path).json() == {"deleted": 1}
        assert http.delete(path).json() == {"deleted": 0}
        assert http.get(f"/api/recommend/{quoted(user)}").json()["items"][0]["item"] == best


def test_rows_that_do_not_fit_are_said_and_the_others_written(http: httpx.Client) -> None:
    rows = [
        liked("u1", "t3", value=2.5, at=1_700_000_000),
        {"type": "BOUGHT", "user": "u1", "item": "t4"},
        liked("nobody", "t4"),
        liked("u1", "nothing"),
        liked("u1", "t3", value=1.0, at=1_700_000_000),
    ]
    answer = http.post("/api/feedback", json=rows)
    assert answer.status_code == 200
    counts = answer.json()
    assert (counts["added"], counts["repeated"]) == (1, 1)
    assert [(fault["row"], fault["field"]) for fault in counts["failed"]] == [
        (1, "type"),
        (2, "user"),
        (3, "item"),
    ]
    assert "it has LIKED" in counts["failed"][0]["message"]
    again = http.post("/api/feedback", json=rows[-1:]).json()
    assert (again["added"], again["unchanged"]) == (0, 1)
    changed = http.post("/api/feedback", json=[liked("u1", "t3", value=4, at=1_700_000_000.0)])
    assert changed.json()["changed"] == 1
    created = http.post("/api/feedback", json=rows[2:4], params={"create": "true"}).json()
    assert (created["added"], created["failed"]) == (2, [])
    assert http.get("/api/item/nothing").json()["title"] is None


def test_a_missing_time_is_now_and_a_missing_value_is_one(http: httpx.Client) -> None:
    before = int(time.time())
    http.post("/api/feedback", json=[liked("u1", "t5")])
    pages = http.get("/api/user/u1/feedback").json()
    [mine] = [entry for entry in pages["feedback"] if entry["item"] == "t5"]
    assert mine["value"] == 1.0
    assert before <= mine["at"] <= int(time.time())


def test_feedback_is_listed_page_by_page(http: httpx.Client) -> None:
    whole = http.get("/api/user/u1/feedback").json()
    assert whole["cursor"] is None
    items = [entry["item"] for entry in whole["feedback"]]
    assert items == sorted(items)
    paged: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        parameters = {"limit": 2, "type": "LIKED", **({"cursor": cursor} if cursor else {})}
        page = http.get("/api/user/u1/feedback", params=parameters).json()
        paged += [entry["item"] for entry in page["feedback"]]
        cursor = page["cursor"]
    assert paged == items
    users = [entry["user"] for entry in http.get("/api/item/c1/feedback").json()["feedback"]]
    assert "u1" in users
    for path in ("user/none/feedback", "item/none/feedback", "user/u1/feedback?type=BOUGHT"):
        assert http.get(f"/api/{path}").status_code == 404
    assert http.delete("/api/feedback/BOUGHT/u1/c1").status_code == 404
    assert http.get("/api/user/u1/feedback?cursor=WyJhIl0").status_code == 400


def test_ids_of_feedback_are_data(http: httpx.Client) -> None:
    rows = [liked(name, name) for name in HOSTILE]
    answer = http.post("/api/feedback", json=rows, params={"create": True}).json()
    assert (answer["added"], answer["failed"]) == (len(HOSTILE), [])
    for name in HOSTILE:
        found = http.get(f"/api/user/{quoted(name)}/feedback").json()["feedback"]
        assert [entry["item"] for entry in found] == [name]
        path = f"/api/feedback/LIKED/{quoted(name)}/{quoted(name)}"
        assert http.delete(path).json() == {"deleted": 1}
        odd = http.post("/api/feedback", json=[{**liked("u1", "c1"), "type": name[:100]}])
        assert odd.json()["failed"][0]["field"] == "type"
        assert http.delete(f"/api/feedback/{quoted(name)}/u1/c1").status_code == 404


@pytest.mark.parametrize("store_url", ["ladybug"], indirect=True)
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("value", "1e400"),
        ("value", "NaN"),
        ("value", "-Infinity"),
        ("value", "1e10"),
        ("value", '"5"'),
        ("value", "true"),
        ("value", "null"),
        ("at", "9223372036854775808"),
        ("at", "-9223372036854775809"),
        ("at", "1700000000000"),
        ("at", "1.5"),
        ("at", '"2020-01-01"'),
        ("type", '""'),
        ("type", "[]"),
        ("user", '""'),
        ("item", '"\\u0000"'),
        ("split", '"test"'),
    ],
)
def test_a_field_of_the_wrong_form_is_refused(http: httpx.Client, field: str, value: str) -> None:
    row = {"type": '"LIKED"', "user": '"u1"', "item": '"t6"', field: value}
    text = ", ".join(f'"{name}": {part}' for name, part in row.items())
    body = '[{"type": "LIKED", "user": "u1", "item": "t7"}, {' + text + "}]"
    headers = {"Content-Type": "application/json"}
    answer = http.post("/api/feedback", content=body, headers=headers)
    assert answer.status_code == 422, answer.text
    where = "body" if value in ("NaN", "-Infinity") else f"[1].{field}"  # these are no JSON
    assert answer.json()["errors"][0]["field"] == where
    found = http.get("/api/user/u1/feedback").json()["feedback"]
    assert not {"t6", "t7"} & {entry["item"] for entry in found}


def test_a_large_batch_is_written_whole(http: httpx.Client) -> None:
    rows = [liked(f"w{n % 500}", f"x{n // 500}", at=n) for n in range(5_000)]
    answer = http.post("/api/feedback", json=rows, params={"create": True}).json()
    assert (answer["added"], answer["failed"]) == (5_000, [])
    again = http.post("/api/feedback", json=rows).json()
    assert (again["added"], again["unchanged"]) == (0, 5_000)
