"""Opens the graph of a project, for the command line and the server."""

from urllib.parse import quote, unquote, urlsplit

from api.settings import Settings
from graph.connect import open_store
from graph.errors import NotReadyError
from graph.mapping import Mapping
from graph.model import GraphSchema
from graph.store import Store


def open_project_store(settings: Settings, *, must_exist: bool = True) -> Store:
    """The project's graph. An embedded one that is missing is made unless it must exist."""
    url = settings.store.url
    parts = urlsplit(url)
    if parts.scheme == "ladybug" and parts.path and not parts.netloc:
        file = settings.project.resolve() / unquote(parts.path)
        if must_exist and not file.exists():
            raise NotReadyError(f"there is no graph at {file} yet; run `whypath import` first.")
        url = parts._replace(path=quote(str(file))).geturl()
    return open_store(
        url,
        username=settings.store.username,
        password=settings.store.password,
        database=settings.store.database or None,
    )


def prepare_new_graph(store: Store, settings: Settings) -> None:
    """Give a graph that holds nothing yet the properties and types of the project's mapping.

    So data can be posted to it without an import. Raises a MappingError for a wrong mapping.
    """
    if settings.mapping and store.schema() == GraphSchema():
        store.prepare(Mapping.from_toml(settings.mapping, settings.project).schema())
