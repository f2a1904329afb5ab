"""Who may call a route: keys with scopes, or this machine alone where no key is configured."""

import ipaddress
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from api.rest.keys import ApiKey, Scope
from api.rest.problems import NO_KEY, NO_SCOPE, NOT_LOOPBACK, RATE, Problem
from api.rest.service import Service, service_of

HEADER = "X-API-Key"

_header = APIKeyHeader(
    name=HEADER,
    auto_error=False,
    description="A key of `whypath key create`; `Authorization: Bearer KEY` does as well. "
    "Without any key configured, only this machine is served.",
)


class RateLimit:
    """So many requests a minute for each caller, over a moving minute. 0 is no limit."""

    def __init__(self, per_minute: int) -> None:
        self._item = RateLimitItemPerMinute(per_minute) if per_minute else None
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def check(self, caller: str) -> None:
        """Count a request; raises a Problem for one too many."""
        if self._item is not None and not self._limiter.hit(self._item, caller):
            raise Problem(
                RATE,
                f"{self._item.amount} requests a minute are answered to one key; wait a little",
                {"Retry-After": str(max(1, 60 // self._item.amount))},
            )


class Allow:
    """The dependency of a route that needs a scope."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    async def __call__(
        self,
        request: Request,
        declared: Annotated[str | None, Security(_header)] = None,
    ) -> None:
        """Let the request through, or raise a Problem; asked again, it stays at that.

        `declared` is for the OpenAPI document: a strict route asks before FastAPI reads anything.
        """
        passed: set[Scope] = request.scope.setdefault("allowed", set())
        if self.scope not in passed:
            caller = self._check(request, await service_of(request))
            limit: RateLimit = request.app.state.rate_limit
            limit.check(caller)
            passed.add(self.scope)

    def _check(self, request: Request, service: Service) -> str:
        if service.keys.is_empty:
            check_loopback(request)
            return "loopback"
        text = request.headers.get(HEADER) or _bearer(request)
        key: ApiKey | None = service.keys.find(text) if text else None
        if key is None:
            said = "this API key is not known" if text else f"send an API key in {HEADER}"
            raise Problem(NO_KEY, said, {"WWW-Authenticate": 'ApiKey realm="whypath"'})
        request.scope["key_id"] = key.id
        if not key.allows(self.scope):
            raise Problem(NO_SCOPE, f"this route needs a key with the scope {self.scope}")
        return key.id


def needs(scope: Scope) -> Any:
    """`dependencies=[needs("read")]` of a router or route."""
    return Depends(Allow(scope))


def check_loopback(request: Request) -> None:
    """Without keys, only callers on this machine, by a name of this machine.

    The name is checked, too: a web page elsewhere can point its own name at 127.0.0.1.
    """
    client = request.client.host if request.client else ""
    if not (is_loopback(client) and is_loopback(_hostname(request))):
        raise Problem(
            NOT_LOOPBACK,
            "no API key is configured, so only this machine is served; make one with "
            "`whypath key create`",
        )


def is_loopback(host: str) -> bool:
    """Whether a name or address means this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _hostname(request: Request) -> str:
    host = request.headers.get("host", "")
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _bearer(request: Request) -> str:
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    return text.strip() if kind.lower() == "bearer" else ""
