"""Any model of sentence-transformers, from a folder without a network or by its id."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as transformers_logging

from graph.errors import EncoderError, UsageError


class SentenceTransformerEncoder:
    """A loaded model on the CPU.

    Args:
        model: a folder or the id of a model.
        is_local: look for nothing in a network.
        max_tokens: each text is cut to so many, or to the model's own limit where that is less.
        threads: of torch, while it works here.

    Raises:
        UsageError: there is no such model, or it cannot be read.
    """

    def __init__(self, model: str, *, is_local: bool, max_tokens: int, threads: int) -> None:
        self._name = model
        self._threads = threads
        with _silence():
            try:
                self._model = SentenceTransformer(model, device="cpu", local_files_only=is_local)
            except (OSError, ValueError, RuntimeError, KeyError) as error:
                first = str(error).strip().partition("\n")[0]
                raise UsageError(
                    f"the text encoder {model!r} cannot be loaded: {first or type(error).__name__}"
                ) from error
        own = self._model.max_seq_length
        self._model.max_seq_length = max_tokens if own is None else min(own, max_tokens)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of shape (len(texts), d), d being the model's."""
        with _silence(), _torch_threads(self._threads):
            try:
                vectors = self._model.encode(
                    list(texts), batch_size=len(texts), show_progress_bar=False
                )
            except RuntimeError as error:
                raise EncoderError(
                    f"the text encoder {self._name!r} failed: {error}; a smaller batch_size or "
                    f"max_tokens needs less memory"
                ) from error
        return np.asarray(vectors, dtype=np.float32)


@contextmanager
def _silence() -> Iterator[None]:
    """No bars and warnings of theirs among our own."""
    level = transformers_logging.get_verbosity()
    has_bar = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        transformers_logging.set_verbosity(level)
        if has_bar:
            transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call]


@contextmanager
def _torch_threads(threads: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
