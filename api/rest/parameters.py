"""Parts of requests that several routes have: ids in paths, limits, cursors."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar
from urllib.parse import unquote_to_bytes

from fastapi import Path, Query
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from graph.errors import UsageError

T = TypeVar("T")

MAX_ID = 512
"""Characters of an id."""

MAX_PAGE = 1_000


def _decoded(value: Any) -> Any:
    """A part of the path as text; the gate leaves it percent-encoded."""
    if not isinstance(value, str):
        return value
    try:
        return unquote_to_bytes(value).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError("it is not UTF-8") from error


def _plain(value: Any) -> Any:
    if isinstance(value, str) and any(
        ord(one) < 32 or 0xD800 <= ord(one) < 0xE000 for one in value
    ):
        raise ValueError("control characters are not allowed")
    return value


def _printable(value: str) -> str:
    if any(ord(one) < 32 and one not in "\t\n\r" for one in value):
        raise ValueError("control characters are not allowed but for tabs and line ends")
    return value


def _whole(value: Any) -> Any:
    """JSON has one kind of number: 3.0 is the integer 3."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


PLAIN: dict[str, Any] = {"pattern": r"^[^\u0000-\u001f]*$"}
PRINTABLE: dict[str, Any] = {"pattern": r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f]*$"}
"""What the OpenAPI document says of the checks above, which say in words what is wrong."""

Line = Annotated[str, BeforeValidator(_plain), Field(json_schema_extra=PLAIN)]
"""A text without control characters."""

Text = Annotated[str, AfterValidator(_printable), Field(json_schema_extra=PRINTABLE)]
"""A text that may have several lines."""

WHOLE = BeforeValidator(_whole)
"""The last annotation of an integer in a body."""

PLAIN_KEYS: dict[str, Any] = {"additionalProperties": False}
"""Of an object whose keys are `Line`: the document says that no others are allowed."""

Id = Annotated[Line, StringConstraints(min_length=1, max_length=MAX_ID)]
"""An id in a body or a query."""

PathId = Annotated[
    str,
    BeforeValidator(_plain),
    BeforeValidator(_decoded),
    StringConstraints(min_length=1, max_length=MAX_ID),
    Path(
        description="The id, percent-encoded where it holds a slash, for instance.",
        json_schema_extra=PLAIN,
    ),
]
"""An id in a path; validators run from the last to the first."""

Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="Entries of a page.")]
Cursor = Annotated[
    str | None,
    Query(
        max_length=8 * MAX_ID,
        pattern="^[A-Za-z0-9_-]+$",
        description="Where to go on: `cursor` of the page before.",
    ),
]


def cut_page(
    found: Sequence[T], limit: int, key: Callable[[T], Sequence[str]]
) -> tuple[Sequence[T], str | None]:
    """A page of what was found, and the cursor of the next one.

    One entry more than the limit says that there is a next one; None where there is none.
    """
    page = found[:limit]
    return page, make_cursor(*key(page[-1])) if len(found) > limit else None


def make_cursor(*key: str) -> str:
    """The opaque text of the last key on a page."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def read_cursor(cursor: str | None, parts: int = 1) -> tuple[str, ...] | None:
    """The key that a cursor stands for, None for the first page.

    Raises a UsageError for a text that is no cursor.
    """
    if cursor is None:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise UsageError(_NO_CURSOR) from error
    if not (isinstance(key, list) and len(key) == parts and all(isinstance(k, str) for k in key)):
        raise UsageError(_NO_CURSOR)
    return tuple(key)


_NO_CURSOR = "cursor is not one that a page of this list gave; leave it out for the first page"
