"""An OpenAI-compatible endpoint on the loopback that misbehaves in every way a server can."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embeddings.text.encoding import encode_texts
from embeddings.text.endpoint import Endpoint
from embeddings.text.settings import TextSettings
from embeddings.workspace import Workspace
from graph.errors import EncoderError, UsageError

KEY = "sk-secret-of-the-test"
TEXTS = [f"text number {n}" for n in range(6)]


def vector_of(text: str) -> list[float]:
    return [3.0, 4.0 * len(text), float(sum(text.encode()) % 97)]


def good(texts: list[str]) -> Any:
    data = [{"index": n, "embedding": vector_of(text)} for n, text in enumerate(texts)]
    return {"data": data[::-1], "usage": {"total_tokens": 7}}


@dataclass
class Server:
    """Answers in turn: a status with headers, a body, or a function of the texts; then well."""

    url: str = ""
    answers: list[Any] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.requests.append({"path": self.path, **body})
            state.keys.append(self.headers.get("Authorization"))
            answer = state.answers.pop(0) if state.answers else good
            if answer == "gone":
                self.connection.close()
                return
            if answer == "cut":
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b'{"data": [')
                return
            status, headers, content = 200, {}, answer
            if isinstance(answer, tuple):
                status, headers, content = answer
            if callable(content):
                content = content(body["input"])
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """A connection that this test closed is no news."""

    httpd = Quiet(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{httpd.server_address[1]}/v1"
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def settings_of(server: Server, **more: Any) -> TextSettings:
    values: dict[str, Any] = {
        "encoder": "endpoint",
        "url": server.url,
        "model": "m",
        "batch_size": 2,
        "retries": 0,
        "timeout_s": 5.0,
    }
    return TextSettings(**values | more)


def test_vectors_come_in_the_order_of_the_texts_and_at_length_1(
    server: Server, tmp_path: Path
) -> None:
    vectors = encode_texts(TEXTS, settings_of(server), Workspace(tmp_path), api_key=KEY)
    expected = np.array([vector_of(text) for text in TEXTS], dtype=np.float32)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(vectors.values, expected, rtol=1e-6)
    assert [len(request["input"]) for request in server.requests] == [2, 2, 2]
    assert {request["path"] for request in server.requests} == {"/v1/embeddings"}
    assert set(server.keys) == {f"Bearer {KEY}"}


def test_the_cost_is_told_before_anything_is_sent(server: Server, tmp_path: Path) -> None:
    settings = settings_of(server, price_per_million_tokens=20.0)

    def report(sentence: str) -> None:
        assert not server.requests
        told.append(sentence)

    told: list[str] = []
    encode_texts(TEXTS, settings, Workspace(tmp_path), report=report)
    assert len(told) == 1
    assert "6 texts, about 24 tokens, about 0.0005 at 20 a million" in told[0]
    assert server.keys[0] is None


def waiting(server: Server, **more: Any) -> tuple[Endpoint, list[float]]:
    """An endpoint that notes how long it would wait instead of waiting."""
    waits: list[float] = []
    settings = settings_of(server, retries=3, **more)
    return Endpoint(settings, KEY, sleep=waits.append, rng=0), waits


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again_and_waits_longer_each_time(
    server: Server, status: int
) -> None:
    server.answers = [(status, {}, b"busy"), (status, {}, b"busy")]
    endpoint, waits = waiting(server)
    assert endpoint.encode(TEXTS[:2]).shape == (2, 3)
    assert 0.5 <= waits[0] < 0.7
    assert 1.0 <= waits[1] < 1.3


@pytest.mark.parametrize("trouble", ["gone", "cut"])
def test_a_connection_that_breaks_is_tried_again(server: Server, trouble: str) -> None:
    server.answers = [trouble]
    endpoint, waits = waiting(server)
    assert endpoint.encode(TEXTS[:2]).shape == (2, 3)
    assert len(waits) == 1


def test_a_server_says_when_to_come_back(server: Server) -> None:
    later = formatdate(usegmt=True)
    server.answers = [(429, {"Retry-After": "7"}, b""), (503, {"Retry-After": later}, b"")]
    endpoint, waits = waiting(server)
    endpoint.encode(TEXTS[:1])
    assert 7.0 <= waits[0] < 9.0
    assert waits[1] < 2.0


def test_nobody_waits_an_hour(server: Server) -> None:
    server.answers = [(429, {"Retry-After": "3600"}, b"")]
    endpoint, waits = waiting(server)
    with pytest.raises(EncoderError, match="come back in 3600 s"):
        endpoint.encode(TEXTS[:1])
    assert waits == []


def test_after_all_tries_the_last_reason_is_told(server: Server) -> None:
    server.answers = [(500, {}, {"error": {"message": "out of luck"}})] * 4
    endpoint, waits = waiting(server)
    with pytest.raises(EncoderError, match="no vectors in 4 tries: HTTP 500: out of luck"):
        endpoint.encode(TEXTS[:1])
    assert len(waits) == 3


def test_a_server_that_sleeps_is_given_up(server: Server) -> None:
    awake = threading.Event()

    def sleep(texts: list[str]) -> Any:
        awake.wait(10)
        return good(texts)

    server.answers = [sleep]
    with pytest.raises(EncoderError, match="timed out"):
        Endpoint(settings_of(server, timeout_s=0.2)).encode(TEXTS[:1])
    awake.set()


def test_a_port_where_nobody_listens_is_told() -> None:
    settings = TextSettings(encoder="endpoint", url="http://127.0.0.1:1", model="m", retries=0)
    with pytest.raises(EncoderError, match="refused"):
        Endpoint(settings).encode(["a"])


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_is_told_at_once_and_not_shown(server: Server, status: int) -> None:
    server.answers = [(status, {}, {"error": {"message": f"bad key {KEY}"}})]
    endpoint, waits = waiting(server)
    with pytest.raises(UsageError, match="refuses the key in WHYPATH_TEXT_API_KEY") as error:
        endpoint.encode(TEXTS[:1])
    assert KEY not in str(error.value)
    assert waits == []


def test_a_redirect_is_not_followed(server: Server) -> None:
    server.answers = [(302, {"Location": f"{server.url}/elsewhere"}, b"")]
    with pytest.raises(UsageError, match="redirects to"):
        Endpoint(settings_of(server), KEY).encode(TEXTS[:1])
    assert len(server.requests) == 1


def with_embedding(value: Any) -> Callable[[list[str]], Any]:
    return lambda texts: {"data": [{"index": n, "embedding": value} for n in range(len(texts))]}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"<html>hello</html>", "not JSON"),
        (b'{"data": [\xff', "no usable answer"),
        ([], "no list `data`"),
        ({"data": "x"}, "no list `data`"),
        (lambda texts: {"data": good(texts)["data"][1:]}, "1 vectors for 2 texts"),
        (lambda texts: {"data": [good(texts)["data"][0]] * 2}, "indexes"),
        ({"data": [{"embedding": [1]}, {"embedding": [1, 2]}]}, "vectors of 1, 2 numbers"),
        ({"data": [{"index": 0}, {"index": 1}]}, "no list `embedding`"),
        (with_embedding([]), "vectors of 0 numbers"),
        (with_embedding(["a", "b"]), "not a number"),
        (with_embedding([1.0, None]), "not a number"),
        (with_embedding([1.0, float("nan")]), "not finite"),
        (with_embedding([1.0, float("inf")]), "not finite"),
        (with_embedding([1.0, 10**400]), "no usable answer"),
        ((404, {}, b"no such route"), "check text url and model"),
        ((400, {}, {"error": "too long"}), "refuses the request: HTTP 400: too long"),
    ],
)
def test_a_wrong_answer_is_told(server: Server, tmp_path: Path, answer: Any, words: str) -> None:
    server.answers = [answer]
    with pytest.raises((EncoderError, UsageError), match=words):
        encode_texts(TEXTS[:2], settings_of(server), Workspace(tmp_path))
    assert not list(tmp_path.rglob("*.npz"))


def test_a_size_other_than_asked_for_is_told(server: Server) -> None:
    with pytest.raises(EncoderError, match="3 numbers, 5 were asked for"):
        Endpoint(settings_of(server, dimensions=5)).encode(TEXTS[:1])
    assert server.requests[0]["dimensions"] == 5


def test_another_model_behind_the_same_name_is_told(server: Server, tmp_path: Path) -> None:
    encode_texts(TEXTS[:2], settings_of(server), Workspace(tmp_path))
    server.answers = [with_embedding([1.0, 2.0])]
    with pytest.raises(EncoderError, match="2 numbers a vector where it gave 3 before"):
        encode_texts(TEXTS, settings_of(server), Workspace(tmp_path))


def test_what_was_got_before_the_server_went_is_kept(server: Server, tmp_path: Path) -> None:
    server.answers = [good, good, "gone"]
    with pytest.raises(EncoderError):
        encode_texts(TEXTS, settings_of(server), Workspace(tmp_path))
    assert len(server.requests) == 3
    vectors = encode_texts(TEXTS, settings_of(server), Workspace(tmp_path))
    assert vectors.is_known.all()
    assert len(server.requests) == 4
    assert server.requests[2]["input"] == server.requests[3]["input"]


def test_a_long_text_is_cut_before_it_is_sent(server: Server) -> None:
    Endpoint(settings_of(server, max_tokens=5)).encode(["a" * 100, "中" * 100])
    assert server.requests[0]["input"] == ["a" * 20, "中" * 5]
