"""The page that documents the API in a browser; all its parts come from this server."""

from importlib.resources import files

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, Response

from api.rest.problems import NOT_FOUND, Problem

router = APIRouter(include_in_schema=False)

_ASSETS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"
)


@router.get("/")
@router.get("/docs")
def docs_page(request: Request) -> HTMLResponse:
    """Swagger UI."""
    root = request.scope.get("root_path", "").rstrip("/")
    page = get_swagger_ui_html(
        openapi_url=f"{root}{request.app.openapi_url}",
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
