"""Puts the OpenAPI document together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from engine.server.errors import Answer, answers
from engine.server.openapi.descriptions import DESCRIPTIONS, Description
from engine.server.openapi.schemas import SCHEMAS, Schema, ref
from engine.server.routing import Route, Shape
from engine.server.targets import BASE_PATH

_TEMPLATES: Final = {Shape.PLAIN: "", Shape.BUCKET: "/{bucket}", Shape.OBJECT: "/{bucket}/{path}"}
_EVERYWHERE: Final = (400, 403, 431, 500, 503)
"""Statuses that any route may answer: a broken address, a foreign host or a bad token, too long a head, faults."""

_CHECKSUM_MISMATCH: Final = 460
_CHECKSUM_PHRASE: Final = "Checksum Mismatch"
"""A status of TUS alone."""

_NO_GAPS: Final = str.maketrans("", "", " -'")
_WRITE_FAULTS: Final = (507,)
_PARAMETERS: Final[Mapping[str, str]] = {
    "bucket": "Name of the bucket, or its id.",
    "path": "Full path of the object; its slashes may be sent as they are.",
    "id": "As the answer to its creation named it.",
}
_INTRODUCTION: Final = (
    "The HTTP interface of a Holdall workspace: Supabase Storage's, so that its clients work unchanged, and beside it "
    "that of the specification. Numbers and truth values in bodies may be sent as text."
)


def openapi(routes: Iterable[Route]) -> dict[str, Any]:
    """Return the document for a routing table.

    Args:
        routes: Its lines; those that `descriptions` does not know are left out.

    Source: OpenAPI Specification 3.1.1.
    """
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        description = DESCRIPTIONS.get((route.method, route.words, route.shape))
        if description is None:
            continue
        address = description.template or f"/{route.words}{_TEMPLATES[route.shape]}"
        methods = paths.setdefault(address, {})
        methods[route.method.lower()] = _operation(route, description, address)
        if route.method == "GET":
            methods["head"] = _head_of(methods["get"])
    return {
        "openapi": "3.1.0",
        "info": {"title": "Holdall", "version": "1", "description": _INTRODUCTION},
        "servers": [{"url": BASE_PATH}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": SCHEMAS,
            "responses": _error_responses(),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _operation(route: Route, description: Description, address: str) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": "-".join([route.method.lower(), *route.words.split("/"), route.shape.name.lower()]),
        "summary": description.summary,
        "tags": [route.words.partition("/")[0]],
        "security": [{"bearer": []}] if description.token else [{}, {"bearer": []}],
        "parameters": [*_address_parameters(address), *_parameters(description)],
        "responses": _responses(route, description),
    }
    if description.body is not None:
        content = {kind: {"schema": schema} for kind, schema in description.body.items()}
        operation["requestBody"] = {"required": description.body_required, "content": content}
    return operation


def _head_of(operation: Mapping[str, Any]) -> dict[str, Any]:
    """Return what HEAD does: the same as GET, without bodies."""
    bare = {status: {"description": f"As GET ({status}), without the body."} for status in operation["responses"]}
    return {**operation, "operationId": f"head-{operation['operationId'].partition('-')[2]}", "responses": bare}


def _address_parameters(address: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": about,
            "schema": {"type": "string", "minLength": 1},
        }
        for name, about in _PARAMETERS.items()
        if f"{{{name}}}" in address
    ]


def _parameters(description: Description) -> list[dict[str, Any]]:
    places = (("query", description.query), ("header", description.headers))
    return [
        {"name": name, "in": place, "schema": _without_description(schema), **_about(schema)}
        for place, fields in places
        for name, schema in (fields or {}).items()
    ]


def _about(schema: Schema) -> dict[str, str]:
    return {"description": schema["description"]} if "description" in schema else {}


def _without_description(schema: Schema) -> Schema:
    return {name: value for name, value in schema.items() if name != "description"}


def _responses(route: Route, description: Description) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, (means, bodies) in description.answers.items():
        content = {kind: {"schema": schema} for kind, schema in bodies.items()}
        responses[str(status)] = {"description": means, **({"content": content} if content else {})}
    faults = () if route.method == "GET" else _WRITE_FAULTS
    for status in sorted({*description.errors, *_EVERYWHERE, *faults}):
        responses[str(status)] = {"$ref": f"#/components/responses/{_name_of(status)}"}
    return responses


def _error_responses() -> dict[str, Any]:
    """Return each status of the table of errors, with what may be meant by it."""
    by_status: dict[int, list[Answer]] = {status: [] for status in (431, 410, _CHECKSUM_MISMATCH)}
    for answer in answers():
        by_status.setdefault(answer.status, []).append(answer)
    return {_name_of(status): _error_response(status, meant) for status, meant in sorted(by_status.items())}


def _error_response(status: int, meant: list[Answer]) -> dict[str, Any]:
    lines = {f"* `{answer.code}`, `{answer.error}`: {answer.message}".rstrip(": ") for answer in meant}
    text = {"schema": {"type": "string"}}
    return {
        "description": "\n".join([_phrase(status), "", *sorted(lines)]).strip(),
        "content": {"application/json": {"schema": ref("Error")}, "text/html": text, "text/plain": text},
    }


def _name_of(status: int) -> str:
    return _phrase(status).title().translate(_NO_GAPS)


def _phrase(status: int) -> str:
    return _CHECKSUM_PHRASE if status == _CHECKSUM_MISMATCH else HTTPStatus(status).phrase
