"""What is said of a node that is not in the graph, by every route that needs it to be."""

from collections.abc import Sequence
from typing import TypeVar

from api.rest.service import Service
from graph.errors import NotFoundError
from graph.model import NodeLabel

T = TypeVar("T")


def no_such(label: NodeLabel, id: str) -> NotFoundError:
    """The error for a node that is not there."""
    return NotFoundError(f"there is no {label.lower()} {id!r} in the graph")


def check_there(service: Service, label: NodeLabel, id: str) -> None:
    """Raise that error where the node is not in the graph."""
    if service.store.unknown(label, [id]):
        raise no_such(label, id)


def the_one(found: Sequence[T], label: NodeLabel, id: str) -> T:
    """What the store found by an id; that error where it found nothing."""
    if not found:
        raise no_such(label, id)
    return found[0]
