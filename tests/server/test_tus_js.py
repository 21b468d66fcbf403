"""tus-js-client, unmodified, against the server: one Node process makes all the checks, in `clients_js/tus_js.mjs`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.types import RlsContext
from tests.server.clients import api_client, served
from tests.server.node import needs_node, run_node


@needs_node
def test_tus_js_client(data_dir: Path):
    with served(data_dir) as place:
        with api_client(place.server, place.service_key) as api:
            if api.options("/upload/resumable").status_code == 404:
                pytest.skip("this server takes no uploads in parts")
            storage, service = place.workspace.storage, RlsContext.service()
            storage.create_bucket("parts", service, file_size_limit_bytes=6_000_000)
            storage.create_bucket("given", service)
            grant = api.post("/object/upload/sign/given/signed.bin").json()["token"]
        keys = {"service": place.service_key, "alice": place.user_token()}
        told = json.loads(run_node("tus_js.mjs", json.dumps({"url": place.url, "keys": keys, "grant": grant})))
        answered = len(place.server.recent_requests())
    failures = [f"{check['name']}\n{check['error']}" for check in told["checks"] if check["error"]]
    assert not failures, f"{len(failures)} of {len(told['checks'])} checks:\n" + "\n\n".join(failures)
    print(f"tus-js-client: {len(told['checks'])} checks, {answered} requests")
