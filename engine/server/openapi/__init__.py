"""The OpenAPI 3.1 document of the server.

`document` puts it together from the routing table, which says what there is, `descriptions`, which say what each route
takes and answers, `schemas`, their bodies, and the table of `engine.server.errors`.
"""

from __future__ import annotations

from engine.server.openapi.document import openapi

__all__ = ["openapi"]
