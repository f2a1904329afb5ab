"""Vectors from any OpenAI-compatible `/embeddings`, with the standard library alone.

    POST <url>/embeddings   {"model": ..., "input": [...], "encoding_format": "float"}
    200                     {"data": [{"index": 0, "embedding": [...]}, ...]}

What can pass (a busy or vanished server) is tried again, waiting longer each time; what cannot (a
wrong key, a wrong answer) is told at once. Redirects are not followed: the key is for one host.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import numpy as np
from numpy.typing import NDArray

from embeddings.text.settings import API_KEY_ENV, TextSettings
from embeddings.text.tokens import cut_to_estimate, estimate_tokens
from graph.errors import EncoderError, UsageError

PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""HTTP status codes after which the same request may succeed."""

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 60.0
SHOWN_CHARACTERS = 300
"""So much of a server's own words stands in an error."""


class Endpoint:
    """An endpoint with its key; `sleep` and `rng` are for waiting between tries."""

    def __init__(
        self,
        settings: TextSettings,
        api_key: str = "",
        *,
        sleep: Callable[[float], None] = time.sleep,
        rng: int | np.random.Generator | None = None,
    ) -> None:
        base = settings.url.rstrip("/")
        self.url = base if base.endswith("/embeddings") else f"{base}/embeddings"
        self._settings = settings
        self._api_key = api_key.strip()
        self._sleep = sleep
        self._rng = np.random.default_rng(rng)
        self._opener = build_opener(_NoRedirects)
        if not (self._api_key.isascii() and self._api_key.isprintable()):
            raise UsageError(f"{API_KEY_ENV} holds signs that no key has")

    def announce(self, texts: Sequence[str]) -> str:
        """How many texts and tokens will be sent where, and for about how much money."""
        sent = [cut_to_estimate(text, self._settings.max_tokens) for text in texts]
        tokens = estimate_tokens(sent)
        price = self._settings.price_per_million_tokens
        cost = f", about {price * tokens / 1e6:.4f} at {price:g} a million" if price else ""
        return (
            f"{len(texts):,} texts, about {tokens:,} tokens{cost}, "
            f"for {self._settings.model} at {self.url}"
        )

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of shape (len(texts), d) from one request.

        Raises:
            UsageError: the key, the URL or the model is refused.
            EncoderError: no usable answer, after as many tries as the settings say.
        """
        request = self._request(texts)
        attempt = 1
        while isinstance(answer := self._try(request), _Failure):
            if attempt > self._settings.retries:
                raise EncoderError(
                    f"{self.url} gave no vectors in {attempt} tries: {answer.reason}; "
                    f"what it has given is kept"
                )
            self._sleep(self._wait(attempt, answer.retry_after_s))
            attempt += 1
        return self._vectors(answer, len(texts))

    def _request(self, texts: Sequence[str]) -> Request:
        body: dict[str, object] = {
            "model": self._settings.model,
            "input": [cut_to_estimate(text, self._settings.max_tokens) for text in texts],
            "encoding_format": "float",
        }
        if self._settings.dimensions:
            body["dimensions"] = self._settings.dimensions
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._api_key:
            headers["Authorization"] = f"Bearer {self._api_key}"
        # The settings let only http and https through.
        return Request(self.url, json.dumps(body).encode(), headers, method="POST")  # noqa: S310

    def _try(self, request: Request) -> "bytes | _Failure":
        try:
            response: HTTPResponse
            with self._opener.open(request, timeout=self._settings.timeout_s) as response:
                return response.read()
        except HTTPError as error:
            with error:
                return self._refused(error)
        except URLError as error:
            return _Failure(str(error.reason))
        except (OSError, HTTPException) as error:
            return _Failure(str(error) or type(error).__name__)

    def _refused(self, error: HTTPError) -> "_Failure":
        """A failure that may pass; raises the others."""
        try:
            words = _server_words(error.read(65_536))
        except (OSError, HTTPException):
            words = ""
        words = words.replace(self._api_key, "***") if self._api_key else words
        reason = f"HTTP {error.code}{': ' + words if words else ''}"
        if error.code in PASSING:
            return _Failure(reason, _retry_after_s(error.headers.get("Retry-After")))
        if error.code in (401, 403):
            given = "the key in" if self._api_key else "a request without a key; set"
            raise UsageError(f"{self.url} refuses {given} {API_KEY_ENV} ({reason})") from error
        if 300 <= error.code < 400:
            target = error.headers.get("Location", "another address")
            raise UsageError(f"{self.url} redirects to {target}; set text url to the right one")
        if error.code in (404, 405):
            raise UsageError(
                f"{self.url} has no embeddings of {self._settings.model!r} ({reason}); "
                f"check text url and model"
            ) from error
        raise EncoderError(f"{self.url} refuses the request: {reason}") from error

    def _wait(self, attempt: int, retry_after_s: float | None) -> float:
        """What the server asks for, else twice as long each time; a little by chance.

        Raises EncoderError where the server asks for more than anyone waits at a terminal.
        """
        if retry_after_s is not None and retry_after_s > LONGEST_WAIT_S:
            raise EncoderError(
                f"{self.url} asks to come back in {retry_after_s:.0f} s; what it has given is kept"
            )
        wait: float = min(FIRST_WAIT_S * 2.0 ** (attempt - 1), LONGEST_WAIT_S)
        return max(wait, retry_after_s or 0.0) * float(self._rng.uniform(1.0, 1.25))

    def _vectors(self, answer: bytes, n: int) -> NDArray[np.float32]:
        try:
            rows = _rows(json.loads(answer), n)
            vectors = np.array(rows, dtype=np.float32)
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            what = "not JSON" if isinstance(error, json.JSONDecodeError) else str(error)
            raise EncoderError(f"{self.url} gave no usable answer: {what}") from error
        expected = self._settings.dimensions
        if vectors.ndim != 2 or (expected and vectors.shape[1] != expected):
            asked = f", {expected} were asked for" if expected else ""
            raise EncoderError(f"{self.url} gave vectors of {vectors.shape[-1]} numbers{asked}")
        return vectors


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a try failed, and after how long the server wants the next one."""

    reason: str
    retry_after_s: float | None = None


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow none: the error of the redirect is raised instead."""


def _rows(answer: Any, n: int) -> list[list[float]]:
    """The vectors in the order of the texts; raises ValueError or its like for anything else."""
    if not isinstance(answer, Mapping) or not isinstance(answer.get("data"), list):
        raise ValueError("it has no list `data`")
    data = answer["data"]
    if len(data) != n:
        raise ValueError(f"{len(data)} vectors for {n} texts")
    rows: dict[int, list[float]] = {}
    for place, row in enumerate(data):
        if not isinstance(row, Mapping) or not isinstance(row.get("embedding"), list):
            raise ValueError("an entry of `data` has no list `embedding`")
        rows[row.get("index", place)] = row["embedding"]
    if sorted(rows) != list(range(n)):
        raise ValueError("the indexes of `data` are not those of the texts")
    sizes = {len(row) for row in rows.values()}
    if len(sizes) != 1 or 0 in sizes:
        raise ValueError(f"vectors of {', '.join(str(size) for size in sorted(sizes))} numbers")
    if not all(isinstance(number, int | float) for row in rows.values() for number in row):
        raise ValueError("a vector holds something that is not a number")
    return [rows[place] for place in range(n)]


def _server_words(body: bytes) -> str:
    """What a server says of an error, on one line."""
    text = body.decode("utf-8", "replace")
    try:
        error = json.loads(text)["error"]
        text = str(error["message"] if isinstance(error, dict) else error)
    except (ValueError, TypeError, KeyError):
        pass
    return " ".join(text.split())[:SHOWN_CHARACTERS]


def _retry_after_s(value: str | None) -> float | None:
    """The header `Retry-After`: seconds, or a date."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max((at - datetime.now(UTC)).total_seconds(), 0.0)
