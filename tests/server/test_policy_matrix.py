"""Every call with every subset of the four policies, over real sockets: exactly the table."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import httpx
import jwt
import pytest

from engine.config import Settings
from engine.context import RlsContext
from engine.secrets import FixedSecrets
from engine.server import StorageServer
from engine.types import UploadItem
from engine.workspace import Workspace, open_workspace
from tests.server.clients import api_client, error_of
from tests.server.conftest import ALICE
from tests.server.policy_calls import (
    BUCKET_CALLS,
    OBJECT_CALLS,
    POLICIES,
    SUBSETS,
    Call,
    Ground,
    Policies,
    letters,
)

pytestmark = pytest.mark.threads_outlive("one server for the module: its workers are started when they are needed")

SERVICE = RlsContext.service()


def _statements(table: str, name: str, condition: str, policies: Policies) -> str:
    return "".join(
        f'create policy "{name} {policy}" on storage.{table} for {policy} to authenticated'
        f" {'with check' if policy == 'insert' else 'using'} ({condition});\n"
        for policy in policies
    )


@pytest.fixture(scope="module")
def shared_workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Open a workspace with two buckets for each subset of the policies, and one for each call about buckets."""
    data_dir = tmp_path_factory.mktemp("matrix") / "data"
    source = data_dir.parent / "source"
    source.write_bytes(b"old")
    with open_workspace(Settings(data_dir), FixedSecrets()) as workspace:
        statements = []
        for policies in SUBSETS:
            name = letters(policies)
            for bucket in (f"a{name}", f"b{name}"):
                workspace.storage.create_bucket(bucket, SERVICE)
                statements.append(_statements("objects", bucket, f"bucket_id = '{bucket}'", policies))
            items = [UploadItem(source, path) for path in (*map(_path_of, OBJECT_CALLS), "taken", "folder/a")]
            assert not workspace.storage.upload_many(f"a{name}", items, SERVICE).failures
            for call in BUCKET_CALLS:
                workspace.storage.create_bucket(f"c{name} {call.name}", SERVICE)
            condition = f"starts_with(name, 'c{name} ')"
            statements.append(_statements("buckets", f"c{name}", condition, policies))
        workspace.storage.policies.apply("".join(statements), SERVICE)
        yield workspace


@pytest.fixture(scope="module")
def client(shared_workspace: Workspace) -> Iterator[httpx.Client]:
    """Serve the workspace, and return a client of a signed-in user."""
    server = StorageServer(shared_workspace)
    server.start()
    claims = {"role": "authenticated", "sub": ALICE}
    token = jwt.encode(claims, shared_workspace.jwt_secret, algorithm="HS256")
    with api_client(server, token) as opened:
        yield opened
    server.stop()


def _path_of(call: Call) -> str:
    return f"old {call.name}"


def _check(call: Call, policies: Policies, answer: httpx.Response) -> None:
    refusal = call.refusal(policies)
    if refusal is None:
        assert (answer.status_code, call.shows(answer)) == (call.status, True), answer.text
    elif not isinstance(refusal, tuple):
        assert (answer.status_code, answer.json()) == (200, refusal)
    elif answer.request.method == "HEAD":
        assert answer.status_code == refusal[0]
    else:
        assert error_of(answer) == refusal


@contextlib.contextmanager
def _under(policies: Policies) -> Iterator[str]:
    """Yield the name of a subset; an error tells of it."""
    try:
        yield letters(policies)
    except AssertionError as error:
        error.add_note(f"under the policies {letters(policies)!r}")
        raise


@pytest.mark.parametrize("call", OBJECT_CALLS, ids=lambda call: call.name)
def test_objects(client: httpx.Client, call: Call):
    for policies in SUBSETS:
        with _under(policies) as name:
            ground = Ground(f"a{name}", f"b{name}", _path_of(call), f"new {call.name}")
            _check(call, policies, call.send(client, ground))


@pytest.mark.parametrize("call", BUCKET_CALLS, ids=lambda call: call.name)
def test_buckets(client: httpx.Client, call: Call):
    for policies in SUBSETS:
        with _under(policies) as name:
            bucket = f"c{name} {call.name}"
            _check(call, policies, call.send(client, Ground(bucket, "", "", f"{bucket} new")))


def test_the_table_names_every_policy():
    needed = {policy for call in (*OBJECT_CALLS, *BUCKET_CALLS) for policy in call.needs.split()}
    assert needed == {*POLICIES, "service"}
