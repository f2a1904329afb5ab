"""The routes by what they are about; each module has one `router`."""

from api.rest.routes.browsing import router as browsing
from api.rest.routes.cypher import router as cypher
from api.rest.routes.explaining import router as explaining
from api.rest.routes.feedback import router as feedback
from api.rest.routes.graph import router as graph
from api.rest.routes.health import router as health
from api.rest.routes.impressions import router as impressions
from api.rest.routes.items import router as items
from api.rest.routes.neighbours import router as neighbours
from api.rest.routes.recommending import router as recommending
from api.rest.routes.sessions import router as sessions
from api.rest.routes.training import router as training
from api.rest.routes.users import router as users

ROUTERS = (
    recommending, explaining, browsing, neighbours, users, items, feedback, sessions,
    impressions, graph, cypher, training, health,
)  # fmt: skip
"""In the order of the documentation."""
