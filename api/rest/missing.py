"""What is said of a node that is not in the graph, by every route that needs it to be."""

from api.rest.service import Service
from graph.errors import NotFoundError
from graph.model import NodeLabel


def no_such(label: NodeLabel, id: str) -> NotFoundError:
    """The error for a node that is not there."""
    return NotFoundError(f"there is no {label.lower()} {id!r} in the graph")


def check_there(service: Service, label: NodeLabel, id: str) -> None:
    """Raise that error where the node is not in the graph."""
    if service.store.unknown(label, [id]):
        raise no_such(label, id)
