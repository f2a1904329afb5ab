"""What works here and what does not: the installation, and the project's settings and graph."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Any

from api.context import CliContext
from graph.errors import WhypathError


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
    for requirement in requires("whypath") or ():
        if "extra ==" in requirement:
            continue
        name = _distribution(requirement)
        try:
            yield Check(name, True, version(name))
        except PackageNotFoundError:
            yield Check(name, False, f"missing: pip install '{requirement}'")
    for program, use in (("java", "make neo4j"), ("mvn", "make neo4j"), ("docker", "compose")):
        found = shutil.which(program)
        detail = found or f"not found; only needed for {use}"
        yield Check(program, found is not None, detail, is_optional=True)


def _distribution(requirement: str) -> str:
    end = next(
        (i for i, letter in enumerate(requirement) if not (letter.isalnum() or letter in "-_.")),
        len(requirement),
    )
    return requirement[:end]


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
    try:
        with context.open_store(settings) as store:
            current = store.current_run()
            run = f"run {current.id} serves" if current else "no run yet: whypath train"
            yield Check("graph", True, f"{store.url}: {run}")
    except WhypathError as error:
        yield Check("graph", False, str(error), is_optional=not has_file)
