"""The OpenAPI document, and the page that shows it in a browser; both come from this server."""

import json
from importlib.resources import files

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, Response

from api.rest.problems import NOT_FOUND, Problem

router = APIRouter(include_in_schema=False)

DOCUMENT = "/openapi.json"

_ASSETS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"
)


@router.get(DOCUMENT)
def document(request: Request) -> Response:
    """The OpenAPI document. FastAPI's own route for it has no name in the log and the metrics."""
    whole = request.app.openapi()
    if root := _root(request):
        whole = {**whole, "servers": [{"url": root}]}
    return Response(json.dumps(whole, ensure_ascii=False), media_type="application/json")


@router.get("/")
@router.get("/docs")
def docs_page(request: Request) -> HTMLResponse:
    """Swagger UI."""
    root = _root(request)
    page = get_swagger_ui_html(
        openapi_url=f"{root}{DOCUMENT}",
        title="whypath API",
        swagger_js_url=f"{root}/docs/swagger-ui-bundle.js",
        swagger_css_url=f"{root}/docs/swagger-ui.css",
        swagger_favicon_url=f"{root}/docs/favicon-32x32.png",
        swagger_ui_parameters={"deepLinking": False, "tryItOutEnabled": True},
    )
    page.headers["content-security-policy"] = _POLICY
    return page


@router.get("/docs/{name}")
def docs_asset(name: str) -> Response:
    """A file that the page needs."""
    if name not in _ASSETS:
        raise Problem(NOT_FOUND, "the documentation page has no such part")
    file = files("fastapi_swagger").joinpath("resources", name)
    return Response(
        file.read_bytes(),
        media_type=_ASSETS[name],
        headers={"cache-control": "public, max-age=86400"},
    )


def _root(request: Request) -> str:
    """The path that a proxy serves this under; empty where it is the root."""
    root: str = request.scope.get("root_path", "").rstrip("/")
    return root
