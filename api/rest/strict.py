"""What every route asks of a request before it looks at its own parts: key, query and body.

The key comes first, so that a stranger's body is not even read. A query parameter that the route
does not have, one given twice, a body that is not JSON, or JSON with a field given twice, is
refused rather than guessed at: docs/decisions/strict-requests.md.
"""

import json
import re
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, get_args, get_origin
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import ClientDisconnect

from api.rest.access import Allow
from api.rest.problems import BAD_MEDIA, INVALID, USAGE, Problem

MAX_QUERY = 1_000
"""Parameters of one query, whatever they are; each list has a limit of its own."""


_ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")


class StrictRoute(APIRoute):
    """`APIRouter(route_class=StrictRoute)`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler behind these checks."""
        answer = super().get_route_handler()
        calls = [part.call for part in self.dependant.dependencies]
        allowing = [call for call in calls if isinstance(call, Allow)]
        parameters = dict(_query_parameters(self.dependant))
        has_body = self.body_field is not None

        async def handle(request: Request) -> Response:
            for allow in allowing:
                await allow(request)
            _check_query(request.scope["query_string"], parameters)
            if not has_body:
                return await answer(request)
            body = _JsonRequest(request.scope, request.receive)
            await body.json()
            return await answer(body)

        return handle


class _JsonRequest(Request):
    """A request whose body is read once, strictly."""

    async def json(self) -> Any:
        """The body; None where there is none. Raises a Problem for what is no JSON."""
        if not hasattr(self, "_json"):
            try:
                body = await self.body()
            except ClientDisconnect as error:
                raise Problem(USAGE, "the body ended before it was whole") from error
            _check_media(self, body)
            self._json = read_json(body) if body else None
        return self._json


def read_json(body: bytes) -> Any:
    """The value of a JSON text (RFC 8259). Raises a Problem that says what is wrong with it."""
    try:
        text = body.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
        if _ESCAPED_HALF.search(text):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        return value
    except UnicodeEncodeError:
        said = "it has half of a surrogate pair, which is no character"
    except UnicodeDecodeError:
        said = "it is not UTF-8"
    except json.JSONDecodeError as error:
        said = f"it is not JSON: {error.msg.lower()} at line {error.lineno}, column {error.colno}"
    except RecursionError:
        said = "it is nested too deeply"
    except ValueError as error:
        # A number of thousands of digits; the other two are `_once` and `_no_constant`.
        said = str(error) if isinstance(error, _RefusedError) else "a number has too many digits"
    raise _invalid("body", said)


class _RefusedError(ValueError):
    """What json.loads would have taken."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _RefusedError(f"the field {twice[:100]!r} is given twice in one object")
    return found


def _no_constant(name: str) -> Any:
    raise _RefusedError(f"it is not JSON: {name} is no number there")


def _check_media(request: Request, body: bytes) -> None:
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        raise Problem(BAD_MEDIA, f"send the body as it is, not in the encoding {encoding[:50]!r}")
    given = request.headers.get("content-type")
    if given is None and not body:
        return
    media, _, parameters = (given or "").partition(";")
    if media.strip().lower() != "application/json":
        said = f"not {given[:100]!r}" if given else "and say so in the header Content-Type"
        raise Problem(BAD_MEDIA, f"send the body as application/json, {said}")
    name, _, charset = parameters.strip().lower().partition("=")
    if name == "charset" and charset.strip('"') not in ("utf-8", "utf8"):
        raise Problem(BAD_MEDIA, "JSON is sent in UTF-8")


def _check_query(query: bytes, parameters: dict[str, bool]) -> None:
    if not query:
        return
    try:
        pairs = parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_QUERY,
        )
    except UnicodeDecodeError:
        raise _invalid("query", "it is not percent-encoded UTF-8") from None
    except ValueError:
        raise _invalid("query", f"it has more than {MAX_QUERY} parameters") from None
    seen: set[str] = set()
    for name, value in pairs:
        if name not in parameters:
            raise _invalid(name[:100], f"there is no such parameter; {_legal(parameters)}")
        if name in seen and not parameters[name]:
            raise _invalid(name, "it is given twice")
        if any(ord(one) < 32 and one not in "\t\n\r" for one in value):
            raise _invalid(name, "control characters are not allowed")
        seen.add(name)


def _legal(names: Iterable[str]) -> str:
    known = ", ".join(names)
    return f"this route has {known}" if known else "this route has none"


def _query_parameters(dependant: Dependant) -> Iterable[tuple[str, bool]]:
    """Each query parameter of a route, and whether it may be given several times."""
    for field in dependant.query_params:
        annotation = field.field_info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            for name, part in annotation.model_fields.items():
                yield part.alias or name, _is_list(part.annotation)
        else:
            yield field.alias, _is_list(annotation)
    for inner in dependant.dependencies:
        yield from _query_parameters(inner)


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) in (list, Sequence) or any(map(_is_list, get_args(annotation)))


def _invalid(field: str, said: str) -> Problem:
    return Problem(INVALID, f"{field}: {said}", errors=[{"field": field, "message": said}])
