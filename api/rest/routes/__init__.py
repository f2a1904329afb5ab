"""The routes by what they are about; each module has one `router`."""

from api.rest.routes.health import router as health
from api.rest.routes.recommending import router as recommending

ROUTERS = (recommending, health)
"""In the order of the documentation."""
