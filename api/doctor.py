"""What works here and what does not: the installation, and the project's settings and graph."""

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.context import CliContext
from api.requirements import Requirement, read_requirements
from api.settings import Settings
from embeddings.text.choosing import choose_encoder
from graph.errors import WhypathError

EXTRA_OF_EMBEDDING: Mapping[str, str] = {"text": "text", "kge": "kge", "gnn": "dgl"}
"""The extra of the package that holds the libraries of each embedding."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `is_optional`: its absence is no failure."""

    name: str
    is_ok: bool
    detail: str
    is_optional: bool = False

    def to_json(self) -> dict[str, Any]:
        """The public JSON form."""
        return {
            "name": self.name,
            "ok": self.is_ok,
            "detail": self.detail,
            "optional": self.is_optional,
        }


def examine(context: CliContext) -> list[Check]:
    """Look at everything; a failed look is a Check with the reason, never an exception."""
    return [*_installation(), *_project(context)]


def _installation() -> Iterator[Check]:
    yield Check("python", sys.version_info >= (3, 11), sys.version.split()[0])
    extras: dict[str, list[Requirement]] = {}
    for requirement in read_requirements():
        if requirement.extra in EXTRA_OF_EMBEDDING.values():
            extras.setdefault(requirement.name, []).append(requirement)
        elif not requirement.extra:
            lack = requirement.lack
            yield Check(requirement.name, not lack, lack or str(requirement.installed))
    for name, needed in sorted(extras.items()):
        yield _optional(name, needed)
    for program, use in (("java", "make neo4j"), ("mvn", "make neo4j"), ("docker", "compose")):
        found = shutil.which(program)
        detail = found or f"not found; only needed for {use}"
        yield Check(program, found is not None, detail, is_optional=True)


def _optional(name: str, needed: Sequence[Requirement]) -> Check:
    """A library of embeddings, which several extras may need."""
    lacking = next((requirement for requirement in needed if requirement.lack), None)
    if lacking is not None:
        uses = [use for use, extra in EXTRA_OF_EMBEDDING.items() if extra == lacking.extra]
        detail = f"{lacking.lack}; only needed for embeddings of {', '.join(uses)}"
        return Check(name, False, detail, is_optional=True)
    extras = ", ".join(requirement.extra for requirement in needed)
    return Check(name, True, f"{needed[0].installed} (whypath[{extras}])", is_optional=True)


def _embeddings(settings: Settings) -> Iterator[Check]:
    """Whether the embeddings that the project asks for can be computed."""
    for name in settings.train.embeddings:
        if name == "text":
            try:
                choice = choose_encoder(settings.text, settings.project, settings.text_api_key)
            except WhypathError as error:
                yield Check("embeddings: text", False, str(error))
            else:
                yield Check("embeddings: text", True, choice.name)
            continue
        extra = EXTRA_OF_EMBEDDING[name]
        lacks = [
            f"{requirement.name}: {requirement.lack}"
            for requirement in read_requirements()
            if requirement.extra == extra and requirement.lack
        ]
        model = settings.kge.model if name == "kge" else settings.gnn.model
        yield Check(f"embeddings: {name}", not lacks, "; ".join(lacks) or model)


def _project(context: CliContext) -> Iterator[Check]:
    try:
        settings = context.settings()
    except WhypathError as error:
        yield Check("settings", False, str(error))
        return
    has_file = settings.file.exists()
    detail = str(settings.file.resolve()) if has_file else "no whypath.toml here; defaults are used"
    yield Check("settings", True, detail, is_optional=True)
    if has_file:
        try:
            context.mapping(settings)
            yield Check("mapping", True, ", ".join(settings.mapping))
        except WhypathError as error:
            yield Check("mapping", False, str(error))
    yield from _embeddings(settings)
    try:
        with context.open_store(settings) as store:
            current = store.current_run()
            run = f"run {current.id} serves" if current else "no run yet: whypath train"
            yield Check("graph", True, f"{store.url}: {run}")
    except WhypathError as error:
        yield Check("graph", False, str(error), is_optional=not has_file)
