"""The OpenAPI document of the API.

``python -m optimizer.service.openapi docs/openapi.json`` writes it to the repository.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from optimizer.service.problems import ProblemDocument

_ABOUT = (
    "Projects with instances, jobs on them and their plans. Errors are problem documents (RFC 9457); times are in UTC "
    "(ISO 8601); lists come in pages, and `next` is the cursor of the next one. A POST that is repeated with the same "
    "`Idempotency-Key` is done once. A server without accounts answers its own machine without a token."
)
_TOKEN = {"type": "http", "scheme": "bearer", "description": "A token of `capopt token create`."}


def install(app: FastAPI) -> None:
    """Let an application serve its document."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign] # as FastAPI's documentation describes it


def _document(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=app.title, version=app.version, description=_ABOUT, routes=app.routes)
    found["components"]["schemas"]["ProblemDocument"] = ProblemDocument.model_json_schema()
    found["components"]["securitySchemes"] = {"token": _TOKEN}
    found["security"] = [{"token": []}]
    return found


def text() -> str:
    """Return the document as the repository has it."""
    from optimizer.service.app import create_app
    from optimizer.service.settings import Settings

    return json.dumps(create_app(Settings(Path())).openapi(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
