"""Where the adapters meet: use cases bound to their stores, endpoints and jobs to their use cases."""

from infra.bootstrap.background import effects
from infra.bootstrap.front import Front, api, readiness
from infra.bootstrap.inside import application
from infra.bootstrap.operations import VERSION, authorisation_matrix, endpoints, openapi_document
from infra.bootstrap.outside import Outside
from infra.bootstrap.post import Post

__all__ = [
    "VERSION",
    "Front",
    "Outside",
    "Post",
    "api",
    "application",
    "authorisation_matrix",
    "effects",
    "endpoints",
    "openapi_document",
    "readiness",
]
