"""Supabase's client for JavaScript, unmodified, against the server: one Node process makes all the checks.

They are written in `clients_js/storage_js.mjs`, in the client's own language.
"""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path

from tests.server.clients import served
from tests.server.node import needs_node, run_node
from tests.server.test_rendering import picture
from tests.server.test_storage3 import OWN

PNG = picture()


@needs_node
def test_storage_js(data_dir: Path):
    with served(data_dir) as place:
        place.workspace.storage.create_bucket("own", place.workspace.context)
        rule = f"bucket_id = 'own' and {OWN}"
        place.apply(
            f"create policy own on storage.objects for all to authenticated using ({rule}) with check ({rule});"
        )
        keys = {
            "service": place.service_key,
            "alice": place.user_token(),
            "bob": place.user_token("b0b"),
            "anon": place.anon_key,
        }
        told = json.loads(
            run_node("storage_js.mjs", json.dumps({"url": place.url, "keys": keys, "picture": b64encode(PNG).decode()}))
        )
        answered = len(place.server.recent_requests())
    failures = [f"{check['name']}\n{check['error']}" for check in told["checks"] if check["error"]]
    assert not failures, f"{len(failures)} of {len(told['checks'])} checks:\n" + "\n\n".join(failures)
    assert told["unused"] == []
    print(f"storage-js: {len(told['checks'])} checks, {len(told['methods'])} methods, {answered} requests")
