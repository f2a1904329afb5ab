"""Makes the app: `create_app(settings)`. Nothing is opened before it starts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from importlib.metadata import version
from typing import Any

import anyio.to_thread
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.middleware import Middleware

from api.rest.access import HEADER, RateLimit
from api.rest.gate import Gate, Tracer
from api.rest.openapi import DESCRIPTION, TAGS, complete, operation_id, scopes
from api.rest.pages import router as pages
from api.rest.problems import add_handlers
from api.rest.routes import ROUTERS
from api.rest.service import Service
from api.settings import Settings
from graph.errors import UsageError


def create_app(settings: Settings) -> FastAPI:
    """The app of one project.

    Its service opens the store when the app starts and closes it when the app stops; so the store's
    errors (a locked graph, say) come from the start.
    """
    service = Service(settings)
    tracer = _make_tracer(settings.serve.trace_url)
    app = FastAPI(
        title="whypath",
        summary="Recommendations from a knowledge graph, each with the path that produced it.",
        description=DESCRIPTION,
        version=version("whypath"),
        openapi_tags=TAGS,
        openapi_url=None,  # `pages` has it
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        generate_unique_id_function=operation_id,
        redirect_slashes=False,
        middleware=_middleware(settings, service, tracer),
    )
    app.state.service = service
    app.state.tracer = tracer
    serve = settings.serve
    app.state.rate_limit = RateLimit(serve.rate_per_minute // serve.workers)
    add_handlers(app)
    app.include_router(pages)
    for router in ROUTERS:
        app.include_router(router)
    plain = app.openapi

    @cache  # the document is completed in place, once
    def whole() -> dict[str, Any]:
        return complete(plain(), scopes(ROUTERS))

    app.openapi = whole  # type: ignore[method-assign]
    return app


def _make_tracer(url: str) -> Tracer | None:
    if not url:
        return None
    try:
        from api.rest.tracing import OtlpTracer
    except ModuleNotFoundError as error:
        raise UsageError(
            "[serve] trace_url needs OpenTelemetry: pip install 'whypath[trace]'"
        ) from error
    return OtlpTracer(url)


def _middleware(settings: Settings, service: Service, tracer: Tracer | None) -> list[Middleware]:
    layers = [Middleware(Gate, settings.serve, service.metrics, tracer)]
    if settings.serve.cors_origins:
        layers.append(
            Middleware(
                CORSMiddleware,
                allow_origins=settings.serve.cors_origins,
                allow_methods=["*"],
                allow_headers=[HEADER, "Authorization", "Content-Type", "X-Request-Id"],
            )
        )
    return layers


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    limiter = anyio.to_thread.current_default_thread_limiter()
    limiter.total_tokens = service.settings.serve.threads
    await anyio.to_thread.run_sync(service.open)
    try:
        yield
    finally:
        await anyio.to_thread.run_sync(service.close)
        if app.state.tracer is not None:
            await anyio.to_thread.run_sync(app.state.tracer.close)
