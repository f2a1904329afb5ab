"""Training over HTTP: a job in a process of its own, beside a server that goes on serving."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.rest.jobs.record import JobRecords, new_job
from api.rest.keys import create_key

Serve = Callable[..., httpx.Client]


def ended(client: httpx.Client, job_id: str) -> dict[str, Any]:
    """The job at its end; suggestions are given all the time."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert client.get("/api/recommend/u1").status_code == 200
        job: dict[str, Any] = client.get(f"/api/jobs/{job_id}").json()
        if job["ended_at"] is not None:
            return job
        time.sleep(0.05)
    raise AssertionError("the job did not end")


def test_a_training_makes_a_run_that_serves(http: httpx.Client) -> None:
    before = http.get("/api/version").json()["run"]
    answer = http.post("/api/train", json={"signals": ["collaborative", "knowledge"], "edges": 7})
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/api/jobs/{answer.json()['id']}"
    second = http.post("/api/train", json={})
    assert (second.status_code, second.json()["type"]) == (409, "urn:whypath:problem:conflict")
    job = ended(http, answer.json()["id"])
    assert (job["state"], job["error"], job["edges"]) == ("done", "", 7)
    assert job["run"] == before + 1
    assert any(line.startswith("validation: ") for line in job["progress"])
    assert http.get("/api/recommend/u1").json()["run"] == job["run"]
    runs = http.get("/api/runs").json()["runs"]
    assert [(run["id"], run["is_current"]) for run in runs] == [
        (before + 1, True),
        (before, False),
    ]
    back = http.post(f"/api/runs/{before}/activate")
    assert (back.status_code, back.json()["is_current"]) == (200, True)
    assert http.get("/api/recommend/u1").json()["run"] == before
    assert http.post("/api/runs/99/activate").status_code == 404
    assert [one["id"] for one in http.get("/api/jobs").json()["jobs"]] == [job["id"]]
    assert http.delete(f"/api/jobs/{job['id']}").status_code == 409


@pytest.mark.parametrize("store_url", ["ladybug"], indirect=True)
class TestOneStore:
    """What does not depend on the store."""

    def test_a_wrong_training_is_refused(self, http: httpx.Client) -> None:
        for body in ({"signals": ["luck"]}, {"signals": []}, {"edges": 0}, {"epochs": 3}):
            answer = http.post("/api/train", json=body)
            assert answer.status_code == 422, body
        assert http.get("/api/jobs").json() == {"jobs": []}
        assert http.get("/api/jobs/20260101-000000-0abcdef12").status_code == 404
        assert http.get("/api/jobs/..%2F..%2Fkeys").status_code == 422

    def test_training_needs_the_admin_scope(self, serve: Serve, served_project: Path) -> None:
        text, _ = create_key(served_project / "keys.json", "shop", ["read", "write"])
        client = serve()
        headers = {"X-API-Key": text}
        assert client.post("/api/train", json={}, headers=headers).status_code == 403
        assert client.get("/api/runs", headers=headers).status_code == 403

    def test_a_cancelled_training_leaves_the_run_before(
        self, http: httpx.Client, served_project: Path
    ) -> None:
        job_id = http.post("/api/train", json={}).json()["id"]
        cancelled = http.delete(f"/api/jobs/{job_id}")
        assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
        assert http.delete(f"/api/jobs/{job_id}").json()["state"] == "cancelled"
        assert len(http.get("/api/runs").json()["runs"]) == 1
        assert ended(http, http.post("/api/train", json={}).json()["id"])["state"] == "done"
        folder = served_project / ".whypath" / "jobs"
        assert folder.stat().st_mode & 0o777 == 0o700
        assert not list(folder.glob("*.cancel"))

    def test_a_killed_training_says_so(
        self, http: httpx.Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("INFO", "whypath.rest")
        job_id = http.post("/api/train", json={}).json()["id"]
        os.kill(_child(caplog), signal.SIGKILL)
        job = ended(http, job_id)
        assert job["state"] == "failed"
        assert "killed" in job["error"]
        assert job["run"] is None
        assert len(http.get("/api/runs").json()["runs"]) == 1

    def test_a_training_that_cannot_be_done_says_why(
        self, serve: Serve, served_project: Path
    ) -> None:
        with (served_project / "whypath.toml").open("a", encoding="utf-8") as settings:
            settings.write("\n[train]\nmemory_limit_bytes = 1000\n")
        client = serve()
        job = ended(client, client.post("/api/train", json={}).json()["id"])
        assert job["state"] == "failed"
        assert "memory" in job["error"]

    def test_a_job_of_a_server_that_was_ended_is_interrupted(
        self, serve: Serve, served_project: Path
    ) -> None:
        records = JobRecords(served_project / ".whypath" / "jobs")
        lock = records.take_lock()
        assert lock is not None
        records.write(new_job(("collaborative",), (), 100))
        client = serve()
        assert client.post("/api/train", json={}).status_code == 409
        lock.release()
        [job] = client.get("/api/jobs").json()["jobs"]
        assert job["state"] == "interrupted"
        assert ended(client, client.post("/api/train", json={}).json()["id"])["state"] == "done"
        states = [one["state"] for one in client.get("/api/jobs").json()["jobs"]]
        assert states == ["done", "interrupted"]

    def test_few_records_are_kept(self, serve: Serve, served_project: Path) -> None:
        records = JobRecords(served_project / ".whypath" / "jobs")
        lock = records.take_lock()
        assert lock is not None
        for _ in range(60):
            records.write(new_job(("collaborative",), (), 100).ended("failed", "of old"))
        (served_project / ".whypath" / "jobs" / "20260101-000000-0abcdef12.json").write_text("{")
        lock.release()
        client = serve()
        job_id = client.post("/api/train", json={}).json()["id"]
        jobs = client.get("/api/jobs").json()["jobs"]
        assert len(jobs) == 50
        assert jobs[0]["id"] == job_id
        client.delete(f"/api/jobs/{job_id}")


def _child(caplog: pytest.LogCaptureFixture) -> int:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        for record in caplog.records:
            if record.msg == "training %s is process %d":
                assert isinstance(record.args, tuple)
                return int(str(record.args[1]))
        time.sleep(0.01)
    raise AssertionError(json.dumps([record.msg for record in caplog.records]))
