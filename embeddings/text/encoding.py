"""Texts in, vectors out: what was encoded before comes from the cache, the rest from the encoder.

The cache is the checkpoint: a run that was killed goes on from the last chunk it finished.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from embeddings.origins import TextOrigin
from embeddings.text.cache import VectorCache, hash_of
from embeddings.text.choosing import choose_encoder
from embeddings.text.encoder import Encoder, EncoderChoice
from embeddings.text.rendering import render_items
from embeddings.text.settings import TextSettings
from embeddings.vectors import Vectors
from embeddings.workspace import Workspace
from graph.dataset import Dataset
from graph.errors import EncoderError
from graph.progress import SILENT, Progress

Load: TypeAlias = Literal["any", "light"]
"""Which encoders may be loaded."""

KEEP_EVERY_S = 5.0
"""A kill loses the work of so many seconds at most."""


def ignore(_: str) -> None:
    """The `report` that tells nobody."""


def encode_items(
    dataset: Dataset,
    settings: TextSettings,
    workspace: Workspace,
    *,
    items: NDArray[np.integer] | None = None,
    load: Load = "any",
    api_key: str = "",
    progress: Progress = SILENT,
    report: Callable[[str], None] = ignore,
) -> Vectors:
    """One vector an item, from its title, its text and, if the settings say so, its facts.

    `items` are the positions of those that are wanted, all by default. The other arguments, results
    and errors are those of `encode_texts`.
    """
    texts = render_items(dataset, items, with_facts=settings.facts)
    vectors = encode_texts(
        texts, settings, workspace, load=load, api_key=api_key, progress=progress, report=report
    )
    encoder = vectors.origin.encoder if isinstance(vectors.origin, TextOrigin) else {}
    return replace(vectors, origin=TextOrigin({**encoder, "facts": settings.facts}))


def encode_texts(
    texts: Sequence[str],
    settings: TextSettings,
    workspace: Workspace,
    *,
    load: Load = "any",
    api_key: str = "",
    progress: Progress = SILENT,
    report: Callable[[str], None] = ignore,
) -> Vectors:
    """One vector of length 1 a text; that of an empty text is unknown.

    Args:
        texts: for example those of `render_items`, or of `render_item` for a new one.
        workspace: where vectors are kept; a relative folder as the encoder counts from its parent.
        load: "any" encoder, or only a "light" one: then, of the texts that another one would have
            to encode, only those have a vector that it encoded before.
        api_key: of an endpoint.
        report: is told before it begins how much there is to encode, and what that costs.

    Returns:
        Shape (len(texts), d); d is 0 where no text says anything.

    Raises:
        UsageError: the encoder is not installed, not there, or refuses the key.
        EncoderError: it failed or gave no usable vectors. What it gave before is kept.
    """
    choice = choose_encoder(settings, workspace.folder.parent, api_key)
    said = {n: settings.prefix + text for n, text in enumerate(texts) if text.strip()}
    keys = {n: hash_of(text) for n, text in said.items()}
    cache = VectorCache(workspace, choice.identity)
    missing = {keys[n]: text for n, text in said.items() if keys[n] not in cache}
    if missing and (load == "any" or choice.is_light):
        cached = len(set(keys.values())) - len(missing)
        report(f"text: {choice.announce(list(missing.values()))}; {cached:,} are known")
        _encode_missing(missing, choice, settings.batch_size, cache, progress)
    values = np.zeros((len(texts), cache.size or 0 if said else 0), dtype=np.float32)
    for n, key in keys.items():
        if key in cache:
            values[n] = cache[key]
    origin = TextOrigin({**choice.identity, "prefix": settings.prefix})
    return Vectors(values=values, is_known=np.any(values != 0.0, axis=1), origin=origin)


def _encode_missing(
    missing: dict[bytes, str],
    choice: EncoderChoice,
    batch_size: int,
    cache: VectorCache,
    progress: Progress,
) -> None:
    encoder = choice.load()
    # Texts of like length make a batch without padding; the longest come first, so that a lack
    # of memory shows at once.
    keys = sorted(missing, key=lambda key: (-len(missing[key]), key))
    progress.start("Encoding texts", total=len(keys))
    chunk = _Chunk(cache)
    try:
        for batch in _batches(keys, batch_size):
            chunk.add(batch, _encode_batch([missing[key] for key in batch], encoder, choice, cache))
            progress.advance(len(batch))
    finally:
        chunk.close()
        progress.done()


class _Chunk:
    """Vectors on their way to the cache, which takes them every few seconds."""

    def __init__(self, cache: VectorCache) -> None:
        self._cache = cache
        self._keys: list[bytes] = []
        self._vectors: list[NDArray[np.float32]] = []
        self._since = time.monotonic()

    def add(self, keys: Sequence[bytes], vectors: NDArray[np.float32]) -> None:
        self._keys.extend(keys)
        self._vectors.append(vectors)
        if self._cache.size is None or time.monotonic() - self._since >= KEEP_EVERY_S:
            self.close()

    def close(self) -> None:
        if self._keys:
            self._cache.keep(self._keys, np.concatenate(self._vectors))
        self._keys, self._vectors, self._since = [], [], time.monotonic()


def _batches(keys: Sequence[bytes], size: int) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(keys), size):
        yield keys[start : start + size]


def _encode_batch(
    texts: Sequence[str], encoder: Encoder, choice: EncoderChoice, cache: VectorCache
) -> NDArray[np.float32]:
    """Vectors of length 1, after a look at whether they can be used."""
    vectors = encoder.encode(texts)
    if vectors.ndim != 2 or len(vectors) != len(texts):
        raise EncoderError(
            f"the text encoder {choice.name} gave {len(vectors)} vectors for {len(texts)} texts"
        )
    if not np.isfinite(vectors).all():
        raise EncoderError(f"the text encoder {choice.name} gave numbers that are not finite")
    if cache.size not in (None, vectors.shape[1]):
        raise EncoderError(
            f"the text encoder {choice.name} gave {vectors.shape[1]} numbers a vector where it "
            f"gave {cache.size} before: another model answers to the same name. If that is meant, "
            f"delete {cache.folder}."
        )
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(length > 0.0, length, 1.0)).astype(np.float32)
