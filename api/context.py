"""What every command shares: the project, its settings, its store, and where to print."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from api.opening import open_project_store
from api.settings import SETTINGS_FILE, Settings, load_settings
from graph.errors import UsageError
from graph.mapping import Mapping as DataMapping
from graph.store import Store

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


@dataclass(frozen=True, slots=True)
class CliContext:
    """The options that stand before the command's name."""

    project: Path
    store_url: str | None = None

    def settings(self, options: Mapping[str, Mapping[str, Any]] | None = None) -> Settings:
        """The project's settings, with this call's options on top."""
        if not self.project.is_dir():
            raise UsageError(f"there is no project folder {self.project}.")
        given = dict(options or {})
        given["store"] = {**given.get("store", {}), "url": self.store_url}
        return load_settings(self.project, options=given)

    def mapping(self, settings: Settings) -> DataMapping:
        """The mapping of the project's data files."""
        if not settings.file.exists():
            raise UsageError(
                f"there is no {SETTINGS_FILE} in {self.project.resolve()}; "
                "`whypath init FILES...` proposes one, `whypath demo DIR` makes an example project."
            )
        return DataMapping.from_toml(settings.mapping, settings.project)

    def open_store(self, settings: Settings, *, must_exist: bool = True) -> Store:
        """The project's graph. An embedded one that is missing is made only by `import`."""
        return open_project_store(settings, must_exist=must_exist)


pass_context = click.make_pass_decorator(CliContext)
