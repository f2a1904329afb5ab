"""With `[serve] stale`, a server whose graph is gone answers from what it remembers."""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from api.cli import main
from api.rest.answers import Suggestions
from tools.neo4j_server import ServerUnavailableError, free_port, running

Serve = Callable[..., httpx.Client]
PASSWORD = "whypath-test"
embedded = pytest.mark.parametrize("store_url", ["ladybug"], indirect=True)


@pytest.mark.neo4j
@pytest.mark.slow
@embedded  # it serves a graph of its own, on a server of its own
def test_the_last_answers_are_given_while_the_graph_is_gone(
    serve: Serve,
    project_writer: Callable[[Path], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NEO4J_PASSWORD", PASSWORD)
    project = project_writer(tmp_path / "gone")
    with contextlib.ExitStack() as stack:
        try:
            home = tmp_path / "neo4j"
            graph = stack.enter_context(
                running(home, PASSWORD, bolt_port=free_port(), is_short_lived=True)
            )
        except ServerUnavailableError as error:
            pytest.skip(str(error))
        text = (project / "whypath.toml").read_text(encoding="utf-8")
        url = f'[store]\nurl = "{graph.uri}?timeout_s=2"\n\n{text}'
        (project / "whypath.toml").write_text(url, encoding="utf-8")
        for command in ("import", "train"):
            assert main(["--project", str(project), command]) == 0
        client = serve(project, stale=True)
        good = client.get("/api/recommend/u1?n=3").json()
        assert good["degraded"] is False
        popular = [item["item"] for item in client.get("/api/popular?n=4").json()["items"]]
        graph.process.kill()
        graph.process.wait()

        again = client.get("/api/recommend/u1?n=3").json()
        Suggestions.model_validate(again, strict=True)
        assert again["degraded"] is True
        assert again["items"] == good["items"]
        assert again["note"] == "The graph cannot be reached: this is an earlier answer."
        assert again["recommendation_id"] != good["recommendation_id"]

        other = client.get(f"/api/recommend/u2?n=2&offset=1&exclude={popular[0]}").json()
        Suggestions.model_validate(other, strict=True)
        assert (other["degraded"], other["served_by"]) == (True, "prior")
        assert [item["item"] for item in other["items"]] == popular[2:4]
        assert "most popular items" in other["note"]

        started = time.monotonic()
        for _ in range(20):
            assert client.get("/api/recommend/u1?n=3").json()["degraded"] is True
        assert time.monotonic() - started < 10.0
        filtered = client.get("/api/recommend/u2?filter=year > 1990")
        assert (filtered.status_code, filtered.json()["type"]) == (503, "urn:whypath:problem:store")
        assert client.get("/api/health/ready").status_code == 503
        assert "whypath_degraded_answers_total 22.0" in client.get("/metrics").text


@embedded
def test_while_the_graph_answers_nothing_is_stale(serve: Serve) -> None:
    client = serve(stale=True)
    assert client.get("/api/recommend/u1").json()["degraded"] is False
    best = client.get("/api/recommend/u1").json()["items"][0]["item"]
    row = {"type": "LIKED", "user": "u1", "item": best}
    assert client.post("/api/feedback", json=[row]).json()["added"] == 1
    after = client.get("/api/recommend/u1").json()
    assert best not in [item["item"] for item in after["items"]]
