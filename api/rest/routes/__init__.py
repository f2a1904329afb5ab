"""The routes by what they are about; each module has one `router`."""

from api.rest.routes.feedback import router as feedback
from api.rest.routes.graph import router as graph
from api.rest.routes.health import router as health
from api.rest.routes.items import router as items
from api.rest.routes.recommending import router as recommending
from api.rest.routes.users import router as users

ROUTERS = (recommending, users, items, feedback, graph, health)
"""In the order of the documentation."""
