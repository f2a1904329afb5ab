"""Thousands of requests made from the served OpenAPI document, right and wrong, and their answers.

schemathesis makes them: the examples of the document, the edges of every bound, random ones, and
sequences in which one request uses what another answered. They are the same in every run.
"""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from api.rest.keys import create_key

Serve = Callable[..., httpx.Client]

CASES = 3_000
CONFIG = """\
[checks]
# 400 says what no schema can: an expression with a mistake, a property that the graph lacks. And a
# schema bounds the rows of a batch, not its bytes: 413. A 422 for what the document allows fails.
positive_data_acceptance.expected-statuses = [
  "2xx", "3xx", "400", "401", "403", "404", "409", "413", "429", "5xx",
]
# A body may be too large before anyone finds out what else is wrong with it.
negative_data_rejection.expected-statuses = [
  "400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429", "5xx",
]
"""
CHECKS_OFF = "object_level_authorization"
"""It asks whether one user can read what another made: a key is a backend's, and reads all."""


@pytest.mark.slow
@pytest.mark.parametrize("store_url", ["ladybug"], indirect=True)
def test_no_request_meets_what_the_document_does_not_say(
    serve: Serve, served_project: Path, tmp_path: Path
) -> None:
    key, _ = create_key(served_project / "keys.json", "all", ["admin"])
    client = serve()
    client.headers["X-API-Key"] = key
    (tmp_path / "schemathesis.toml").write_text(CONFIG, encoding="utf-8")
    run = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")),
            *("--config-file", "schemathesis.toml", "run", f"{client.base_url}/openapi.json"),
            *("--checks", "all", "--exclude-checks", CHECKS_OFF),
            *("--header", f"X-API-Key: {key}"),
            *("--generation-deterministic", "--max-examples", "12"),
            *("--continue-on-failure", "--request-timeout", "60", "--no-color"),
        ],
        cwd=tmp_path,  # where it leaves its cache
        env={**os.environ, "HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=580,
    )
    answers = _answers(client.get("/metrics").text)
    said = [line[:500] for line in (run.stdout + run.stderr).splitlines()]
    assert run.returncode == 0, "\n".join(said)[-20_000:]
    assert sum(answers.values()) >= CASES
    assert [key for key in answers if key[2] >= 500] == []
    assert _never_successful(client, answers) <= NEEDS_WHAT_NO_ONE_GUESSES


NEEDS_WHAT_NO_ONE_GUESSES = {
    ("GET", "/api/latest"),  # a setting that this project does not have
    ("DELETE", "/api/jobs/{id}"),  # a training that is not over yet
    ("DELETE", "/api/feedback/{type}/{user}/{item}"),  # a type of the graph, no other text
}


def _answers(metrics: str) -> Counter[tuple[str, str, int]]:
    """How many answers each method and route gave, by status, from the server's own count."""
    line = re.compile(
        r'whypath_request_duration_seconds_count\{method="(\w+)",route="([^"]+)",status="(\d+)"\} '
        r"([\d.]+)"
    )
    return Counter(
        {
            (found[1], found[2], int(found[3])): int(float(found[4]))
            for found in line.finditer(metrics)
        }
    )


def _never_successful(
    client: httpx.Client, answers: Counter[tuple[str, str, int]]
) -> set[tuple[str, str]]:
    """The operations that never succeeded, so that nothing was seen of their answers."""
    successful = {(method, route) for method, route, status in answers if status < 300}
    return {
        (method.upper(), path)
        for path, methods in client.get("/openapi.json").json()["paths"].items()
        for method in methods
    } - successful
