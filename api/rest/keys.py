"""API keys: made once, shown once, kept as hashes only, each with its scopes.

A key is `wp_ID_SECRET`. The file holds the id, the scopes, when it was made, and the SHA-256 of the
secret: 256 random bits need no slow hash. A change of the file counts at the next request.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from graph.errors import NotFoundError, ResourceError, UsageError

Scope = Literal["read", "write", "cypher", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
"""`read`: suggestions and inspection; `write`: data and feedback; `cypher`: callers' own queries;
`admin`: training, runs, and all the others."""

_KEY = re.compile(r"wp_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_CHECK_S = 1.0
"""How often the file is looked at, at most."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is kept of a key; `made_at` in epoch seconds."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    made_at: int
    sha256: str

    def allows(self, scope: Scope) -> bool:
        """Whether it may be used for this."""
        return scope in self.scopes or "admin" in self.scopes


def read_keys(file: Path) -> list[ApiKey]:
    """The keys of a file, none where there is no file. Raises a UsageError where it is damaged."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ResourceError(f"cannot read the API keys in {file}: {error.strerror}") from error
    try:
        entries = json.loads(text)["keys"]
        return [ApiKey(**{**entry, "scopes": tuple(entry["scopes"])}) for entry in entries]
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(
            f"{file} holds no API keys that can be read; put a backup in its place, or remove it "
            "and make new keys with `whypath key create`"
        ) from error


def create_key(file: Path, name: str, scopes: Sequence[str]) -> tuple[str, ApiKey]:
    """Make a key and add it to the file; the secret itself is answered here and never again."""
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        what = f"there is no scope {unknown[0]!r}" if unknown else "a key needs a scope"
        raise UsageError(f"{what}; scopes are {', '.join(SCOPES)}")
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    chosen = tuple(scope for scope in SCOPES if scope in scopes)
    key = ApiKey(key_id, name, chosen, int(time.time()), _hash(secret))
    _write(file, [*read_keys(file), key])
    return f"wp_{key_id}_{secret}", key


def revoke_key(file: Path, id: str) -> ApiKey:
    """Remove a key; a running server refuses it within a second."""
    keys = read_keys(file)
    found = [key for key in keys if key.id == id]
    if not found:
        raise NotFoundError(f"there is no key {id}; `whypath key list` shows them")
    _write(file, [key for key in keys if key.id != id])
    return found[0]


class KeyRing:
    """The keys of a file as a server uses them. Safe for concurrent use."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._mark: tuple[int, int] | None = None
        self._checked = -_CHECK_S
        self._keys: dict[str, ApiKey] = {}
        self._read()

    @property
    def is_empty(self) -> bool:
        """Whether no key is configured."""
        self._read()
        return not self._keys

    def find(self, text: str) -> ApiKey | None:
        """The key that this text is, None where there is none; takes as long for a wrong secret."""
        self._read()
        match = _KEY.fullmatch(text)
        key = None if match is None else self._keys.get(match[1])
        secret = _hash(match[2] if match else "")
        expected = key.sha256 if key else _hash("")
        return key if hmac.compare_digest(secret, expected) and key is not None else None

    def _read(self) -> None:
        now = time.monotonic()
        if now - self._checked < _CHECK_S:
            return
        with self._lock:
            self._checked = now
            try:
                found = self._file.stat()
                mark = (found.st_mtime_ns, found.st_size)
            except FileNotFoundError:
                mark = None
            if mark != self._mark or (mark is not None and not self._keys):
                self._keys = {key.id: key for key in read_keys(self._file)}
                self._mark = mark


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _write(file: Path, keys: Iterable[ApiKey]) -> None:
    """Whole or not at all, readable for the owner only."""
    text = json.dumps({"keys": [asdict(key) for key in keys]}, indent=1) + "\n"
    new = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        new.replace(file)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise ResourceError(f"cannot write the API keys to {file}: {error.strerror}") from error
