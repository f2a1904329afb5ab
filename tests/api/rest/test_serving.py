"""`whypath serve` as a process: its start, its log, its traces, its end."""

import http.server
import json
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.multiprocess import MultiProcessCollector

from api.rest.keys import create_key
from api.rest.serving import _listen
from tests.api.rest.processes import served, start

on_each_store = pytest.mark.parametrize(
    "store_url", ["ladybug", pytest.param("neo4j", marks=pytest.mark.neo4j)], indirect=True
)
embedded = pytest.mark.parametrize("store_url", ["ladybug"], indirect=True)
on_neo4j = pytest.mark.parametrize(
    "store_url", [pytest.param("neo4j", marks=pytest.mark.neo4j)], indirect=True
)


@on_each_store
def test_a_running_request_is_finished_when_the_server_is_told_to_stop(
    served_project: Path,
) -> None:
    with served(served_project) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            body = json.dumps({"signals": ["luck"]})
            client.sendall(
                b"POST /api/train HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                + f"Content-Length: {len(body)}\r\n\r\n{body[:5]}".encode()
            )
            httpx.get(f"{server.url}/api/health/live")  # by now the other one is being read
            server.process.send_signal(signal.SIGTERM)
            server.said("Shutting down")
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", server.port)).close()
            client.sendall(body[5:].encode())
            answer = b"".join(iter(lambda: client.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 422 ")
        assert b"signals" in answer
        assert server.process.wait(20) == 0


@embedded
def test_a_request_that_outlasts_the_grace_is_told_that_the_server_stops(
    served_project: Path,
) -> None:
    environ = {"WHYPATH_SERVE_GRACE_S": "1", "WHYPATH_SERVE_READ_TIMEOUT_S": "9"}
    with (
        served(served_project, **environ) as server,
        socket.create_connection(("127.0.0.1", server.port)) as client,
    ):
        client.sendall(b"POST /api/train HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{")
        httpx.get(f"{server.url}/api/health/live")  # by now the other one is being read
        server.process.send_signal(signal.SIGTERM)
        answer = b"".join(iter(lambda: client.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"urn:whypath:problem:stopping" in answer
        assert server.process.wait(20) == 0


_ROW = b"X-Padding: " + 80 * b"x" + b"\r\n"
_HEAD = b"GET /api/version HTTP/1.1\r\nHost: 127.0.0.1\r\n"
_CHUNKED = b"POST /api/train HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"


@embedded
def test_what_is_no_request_is_answered_with_a_problem(served_project: Path) -> None:
    sent = {
        b"GET /api/version?q=" + 1_000_000 * b"x": (414, "uri-too-long"),
        _HEAD + 10_000 * _ROW: (431, "head-too-large"),
        b"hello\r\n\r\n": (400, "malformed"),
        b"\x16\x03\x01\x00\xf4\r\n\r\n": (400, "malformed"),
        b"GET / HTTP/1.1\r\n\r\n": (400, "malformed"),  # no host
        _CHUNKED + b"no number\r\n": (400, "malformed"),
    }
    with served(served_project, WHYPATH_SERVE_LOG="json") as server:
        for request, (status, kind) in sent.items():
            with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
                client.sendall(request)
                answer = b"".join(iter(lambda: client.recv(65536), b""))
            head, _, body = answer.partition(b"\r\n\r\n")
            assert head.startswith(f"HTTP/1.1 {status} ".encode()), answer
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
            problem = json.loads(body)
            assert problem["type"] == f"urn:whypath:problem:{kind}"
            assert headers["content-type"] == "application/problem+json"
            assert headers["connection"] == "close"
            assert headers["x-request-id"] == problem["request_id"]
            assert headers["x-content-type-options"] == "nosniff"
            assert int(headers["content-length"]) == len(body)
        assert httpx.get(f"{server.url}/api/version").status_code == 200
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
    refused = [one for one in server.records() if "no request" in one["message"]]
    assert len(refused) == len(sent)


@embedded
def test_a_training_is_interrupted_when_the_server_stops(served_project: Path) -> None:
    with served(served_project) as server:
        httpx.post(f"{server.url}/api/train", json={}).raise_for_status()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
    with served(served_project) as server:
        [job] = httpx.get(f"{server.url}/api/jobs").json()["jobs"]
        assert job["state"] == "interrupted"
        assert httpx.get(f"{server.url}/api/recommend/u1").json()["run"] == 1


@embedded
def test_the_log_is_json_without_ids_and_keys(served_project: Path) -> None:
    key, made = create_key(served_project / "keys.json", "shop", ["read", "write"])
    with served(served_project, WHYPATH_SERVE_LOG="json") as server:
        with httpx.Client(base_url=server.url, headers={"X-API-Key": key}) as client:
            headers = {"X-Request-Id": "mine-7"}
            assert client.get("/api/recommend/u1", headers=headers).status_code == 200
            client.get("/api/recommend/someone-secret?n=0")
            client.post("/api/feedback", json=[{"type": "LIKED", "user": "u1", "item": "c7x"}])
            httpx.get(f"{server.url}/api/version", headers={"X-API-Key": f"{key}x"})
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
    [record] = [one for one in server.records() if one.get("request_id") == "mine-7"]
    assert record["route"] == "/api/recommend/{user}"
    assert (record["method"], record["status"], record["key"]) == ("GET", 200, made.id)
    assert 0 < record["duration_ms"] < 60_000
    text = "\n".join(server.lines)
    for secret in (key, key.rpartition("_")[2], "someone-secret", "c7x", '"u1"', "/u1"):
        assert secret not in text


@embedded
def test_a_quiet_log_tells_only_of_failures(served_project: Path) -> None:
    with served(served_project, WHYPATH_SERVE_LOG_LEVEL="warning") as server:
        assert httpx.get(f"{server.url}/api/recommend/u1").status_code == 200
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
    assert len(server.lines) == 1  # no API key is configured
    assert "only this machine" in server.lines[0]


class _Collector(http.server.BaseHTTPRequestHandler):
    """Takes spans by OTLP over HTTP."""

    spans: list[tuple[str, dict[str, str | int], str]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            import gzip

            body = gzip.decompress(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    values = {
                        one.key: one.value.string_value or one.value.int_value
                        for one in span.attributes
                    }
                    self.spans.append((span.name, values, span.trace_id.hex()))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def collector() -> Iterator[tuple[str, list[tuple[str, dict[str, str | int], str]]]]:
    """The URL of a collector, and the spans that it got."""
    spans: list[tuple[str, dict[str, str | int], str]] = []
    handler = type("Collector", (_Collector,), {"spans": spans})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1/traces", spans
        server.shutdown()
        thread.join()


@embedded
def test_a_span_of_each_request_reaches_the_collector(
    served_project: Path, collector: tuple[str, list[tuple[str, dict[str, str | int], str]]]
) -> None:
    url, spans = collector
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    with served(served_project, WHYPATH_SERVE_TRACE_URL=url) as server:
        headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01", "X-Request-Id": "mine-8"}
        assert httpx.get(f"{server.url}/api/recommend/u1", headers=headers).status_code == 200
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
    [(name, values, trace_id)] = spans
    assert name == "GET /api/recommend/{user}"
    assert trace_id == trace
    assert values == {
        "http.request.method": "GET",
        "http.route": "/api/recommend/{user}",
        "http.response.status_code": 200,
        "whypath.request_id": "mine-8",
    }


@embedded
def test_a_collector_that_is_gone_disturbs_nobody(served_project: Path) -> None:
    with served(served_project, WHYPATH_SERVE_TRACE_URL="http://127.0.0.1:9/v1/traces") as server:
        assert httpx.get(f"{server.url}/api/recommend/u1").status_code == 200
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0


def _refused(project: Path, *options: str, **environ: str) -> tuple[int, str]:
    process = start(project, *options, **environ)
    out, err = process.communicate(timeout=60)
    assert out == ""
    lines = [line for line in err.splitlines() if "only this machine is served" not in line]
    assert len(lines) == 1, err
    return process.returncode, lines[0]


@embedded
def test_what_cannot_be_served_is_one_sentence(served_project: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, said = _refused(served_project, "--port", port)
        assert (code, port in said) == (1, True)
    code, said = _refused(served_project, "--workers", "2")
    assert (code, "one process" in said) == (2, True)
    code, said = _refused(served_project, "--host", "0.0.0.0")
    assert (code, "no API key" in said) == (2, True)
    code, said = _refused(served_project, "--host", "192.0.2.1")
    assert code in (1, 2)
    no_pem = tmp_path / "no.pem"
    no_pem.write_text("nothing")
    code, said = _refused(served_project, "--tls-cert", str(no_pem))
    assert (code, "PEM" in said) == (2, True)
    code, said = _refused(served_project, "--tls-key", str(no_pem))
    assert (code, "--tls-cert" in said) == (2, True)
    code, said = _refused(served_project, WHYPATH_SERVE_TRACE_URL="localhost:4318")
    assert (code, "http://" in said) == (2, True)


@embedded
def test_tls(served_project: Path, tmp_path: Path) -> None:
    made = subprocess.run(
        f"openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout "
        f"{tmp_path}/key.pem -out {tmp_path}/cert.pem -addext subjectAltName=IP:127.0.0.1".split(),
        capture_output=True,
    )
    assert made.returncode == 0, made.stderr
    pem = ("--tls-cert", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem"))
    with served(served_project, *pem) as server:
        assert server.url.startswith("https://")
        trusted = ssl.create_default_context(cafile=tmp_path / "cert.pem")
        with httpx.Client(base_url=server.url, verify=trusted) as client:
            assert client.get("/api/recommend/u1").status_code == 200


@on_neo4j
def test_several_workers_share_the_port_and_the_jobs(served_project: Path) -> None:
    with served(served_project, "--workers", "2") as server:
        # The port is open before the workers are up.
        assert httpx.get(f"{server.url}/api/health/live", timeout=60).status_code == 200
        for _ in range(20):
            assert httpx.get(f"{server.url}/api/recommend/u1").status_code == 200
        job = httpx.post(f"{server.url}/api/train", json={}).json()["id"]
        statuses = {httpx.post(f"{server.url}/api/train", json={}).status_code for _ in range(6)}
        assert statuses == {409}
        until = time.monotonic() + 60
        states = set()
        while time.monotonic() < until and "done" not in states:
            states = {httpx.get(f"{server.url}/api/jobs/{job}").json()["state"] for _ in range(4)}
        runs = {httpx.get(f"{server.url}/api/recommend/u1").json()["run"] for _ in range(10)}
        assert runs == {2}
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0


def counts_of_workers(folder: Path) -> dict[str, float]:
    """The recommendations that each process has counted by itself, by its id."""
    counts = {}
    for file in folder.glob("whypath-metrics-*/counter_*.db"):
        metrics = MultiProcessCollector.merge([str(file)])
        counts[file.stem.removeprefix("counter_")] = sum(
            sample.value
            for metric in metrics
            for sample in metric.samples
            if sample.name == "whypath_recommendations_total"
        )
    return counts


@on_neo4j
def test_several_workers_count_together(served_project: Path, tmp_path: Path) -> None:
    with served(served_project, "--workers", "2", TMPDIR=str(tmp_path)) as server:
        asked = 0
        ask = partial(httpx.get, timeout=60)  # the port is open before the workers are up
        until = time.monotonic() + 120
        while sum(count > 0 for count in counts_of_workers(tmp_path).values()) < 2:
            assert time.monotonic() < until, "one worker takes all connections"
            with ThreadPoolExecutor(8) as clients:  # a connection each: either may take it
                answers = list(clients.map(ask, 8 * [f"{server.url}/api/recommend/u1"]))
            assert {answer.status_code for answer in answers} == {200}
            asked += len(answers)
        assert sum(counts_of_workers(tmp_path).values()) == asked
        for _ in range(6):
            lines = httpx.get(f"{server.url}/metrics").text.splitlines()
            assert f'whypath_recommendations_total{{served_by="history"}} {asked:.1f}' in lines
            assert "whypath_run 1.0" in lines
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0


def test_answers_are_not_held_back_for_an_acknowledgement() -> None:
    with _listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
