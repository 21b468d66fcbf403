"""The OpenAPI document against the routing table, and against the server: schemathesis asks what it says can be asked.

`API_EXAMPLES` sets how many requests each operation gets; `make api` asks for more of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import checks
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks as openapi_checks

from engine.server import errors
from engine.server.openapi import openapi
from engine.server.openapi.descriptions import DESCRIPTIONS
from engine.server.routing import Route, Router, Shape
from engine.types import RlsContext, UploadOptions
from tests.policies import let_owners
from tests.server.clients import TIMEOUT_S, Served, fetch, served
from tests.server.test_rendering import picture

pytestmark = pytest.mark.threads_outlive("the server of all these tests has a pool of threads")

EXAMPLES = int(os.environ.get("API_EXAMPLES", "2"))
IS_SAMPLE = "API_EXAMPLES" not in os.environ
"""A sample leaves out HEAD, which is answered as GET is."""


@schemathesis.serializer("application/offset+octet-stream")
def _as_it_is(_context: Any, value: Any) -> Any:
    """Send parts of uploads as they are made up: bytes."""
    return value if isinstance(value, bytes) else str(value).encode()


ENDLESS = ("/events",)
"""Answers that never end."""

CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a workspace with an object or two."""
    folder: Path = tmp_path_factory.mktemp("openapi") / "data"
    with served(folder) as opened:
        furnish(opened)
        yield opened


def furnish(place: Served) -> None:
    """Make the buckets and objects that the requests are about, where they are not there."""
    storage, service = place.workspace.storage, RlsContext.service()
    have = {bucket.name for bucket in storage.list_buckets(service)}
    for name in {"0", "shared"} - have:
        storage.create_bucket(name, service, public=name == "shared")
        let_owners(storage, name)
    for name in ("0", "shared"):
        storage.upload(name, "0", picture(), service, UploadOptions("image/png", replace=True))


@pytest.fixture(scope="module")
def document(place: Served) -> dict[str, Any]:
    """Return the document as the server gives it to anybody."""
    answer = fetch(f"{place.url}/openapi.json")
    assert answer.status_code == 200
    return answer.json()


def routes_of(router: Router) -> set[tuple[str, str, Shape]]:
    """Return the lines of a routing table."""
    return {(method, words.decode(), shape) for (words, shape), methods in router._table.items() for method in methods}


def test_every_route_is_in_the_document_and_nothing_else(place: Served, document: dict[str, Any]):
    router = place.server._run._config.app._router
    wanted = routes_of(router)
    made = [Route(method, words, shape, None) for method, words, shape in wanted]
    implied = {("HEAD", words, shape) for method, words, shape in wanted if method == "GET"}
    assert wanted - implied - DESCRIPTIONS.keys() == set()
    assert openapi(made)["paths"].keys() == document["paths"].keys()
    described = sum(len(methods) for methods in document["paths"].values())
    assert described == len(wanted)
    assert document["openapi"].startswith("3.1")


def test_every_error_of_the_table_is_told(document: dict[str, Any]):
    told = "\n".join(response["description"] for response in document["components"]["responses"].values())
    for answer in errors.answers():
        assert f"`{answer.code}`, `{answer.error}`" in told


def test_the_document_holds_together(document: dict[str, Any]):
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))

    def refs(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            if "$ref" in node:
                yield node["$ref"]
            for value in node.values():
                yield from refs(value)
        elif isinstance(node, list):
            for value in node:
                yield from refs(value)

    for found in set(refs(document)):
        node: Any = document
        for step in found.removeprefix("#/").split("/"):
            node = node[step]


@pytest.mark.timeout(900)
def test_the_server_answers_as_the_document_says(place: Served, document: dict[str, Any]):
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=place.url)
    tokens = (place.service_key, place.user_token(), place.anon_key, None)
    asked, failures, statuses = 0, [], set()
    with requests.Session() as session:
        for number, found in enumerate(schema.get_all_operations()):
            operation = found.ok()
            if operation.path in ENDLESS or (IS_SAMPLE and operation.method.upper() == "HEAD"):
                continue

            @seed(number)
            @settings(
                max_examples=EXAMPLES,
                phases=[Phase.explicit, Phase.generate],
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy())
            def ask(case: schemathesis.Case) -> None:
                nonlocal asked
                token = tokens[asked % len(tokens)]
                asked += 1
                headers = {"Authorization": f"Bearer {token}"} if token else {}
                response = case.call(base_url=place.url, headers=headers, session=session, timeout=TIMEOUT_S)
                statuses.add(response.status_code)
                case.validate_response(response, checks=CHECKS)

            furnish(place)
            try:
                ask()
            except FailureGroup as group:
                failures.extend(f"{operation.label}: {failure}" for failure in group.exceptions)
    assert not failures, "\n\n".join(failures)
    assert statuses >= {200, 400, 403, 404}
    print(f"schemathesis: {asked} requests, statuses {sorted(statuses)}")
