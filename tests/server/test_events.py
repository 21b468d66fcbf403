"""`GET /events`: what is changed is told as it happens, once, to whoever may see it, for as long as they may."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from engine import limits
from engine.access_types import AuditFilter, PolicyCommand, PolicySpec
from engine.config import Settings
from engine.outbox.pruning import Pruning
from engine.permissions.rows import PolicyTable
from engine.secrets import FixedSecrets
from engine.server import StorageServer, bounds
from engine.server.exchange import Exchange
from engine.times import now_us
from engine.types import RlsContext
from engine.workspace import Workspace, open_workspace
from tests.server.clients import RawClient, api_client, error_of, eventually
from tests.server.conftest import ALICE
from tests.server.event_stream import EventStream, listening

SERVICE = RlsContext.service()


def upload(client: httpx.Client, path: str) -> None:
    client.put(f"/object/photos/{path}", content=b"1").raise_for_status()


def write_events(workspace: Workspace, count: int) -> None:
    """Write down many events of objects that never were: only the outbox is asked."""
    bucket = workspace.storage.get_bucket("photos", SERVICE)
    with workspace._core.executor.transaction(SERVICE) as tx:
        tx.changes.created(bucket, None, [f"{number:0500}" for number in range(count)])


def test_everything_is_told_as_it_happens(api: httpx.Client, alice: httpx.Client, photos: str) -> None:
    with listening(api) as stream:
        alice.put("/object/photos/a/ü.txt", content=b"1").raise_for_status()
        event = stream.next()
        assert event.pop("id") == int(stream.last_id)
        assert event.pop("timestamp").endswith("Z")
        bucket_id = event.pop("bucket_id")
        assert event == {"type": "storage.object.created", "bucket": "photos", "path": "a/ü.txt", "owner_id": ALICE}

        api.post("/object/move", json={"bucketId": "photos", "sourceKey": "a/ü.txt", "destinationKey": "b"})
        moved = stream.next()
        assert (moved["type"], moved["path"]) == ("storage.object.moved", "b")
        assert (moved["old_path"], moved["old_bucket"], moved["old_bucket_id"]) == ("a/ü.txt", "photos", bucket_id)

        upload(api, "b")
        api.delete("/object/photos/b").raise_for_status()
        api.post("/bucket", json={"name": "more"}).raise_for_status()
        api.put("/bucket/more", json={"public": True}).raise_for_status()
        api.delete("/bucket/more").raise_for_status()
        assert stream.take(2) == [("storage.object.updated", "b"), ("storage.object.deleted", "b")]
        assert stream.take(3) == [(f"storage.bucket.{kind}", None) for kind in ("created", "updated", "deleted")]


def test_only_what_is_asked_for_is_told(api: httpx.Client, photos: str) -> None:
    with listening(api) as stream:
        begun_at = stream.last_id
    upload(api, "a")
    upload(api, "b")
    api.post("/bucket", json={"name": "more"}).raise_for_status()
    api.delete("/object/photos/b").raise_for_status()
    api.put("/object/more/c", content=b"1").raise_for_status()

    for query, expected in (
        ({"types": "storage.object.created"}, ["a", "b", "c"]),
        ({"types": "storage.object.deleted, storage.bucket.*"}, [None, "b"]),
        ({"types": "storage.object.*"}, ["a", "b", "b", "c"]),
        ({"types": "*", "bucket": "more"}, [None, "c"]),
        ({"bucket": "photos"}, ["a", "b", "b"]),
        ({}, ["a", "b", None, "b", "c"]),
    ):
        with listening(api, begun_at, **query) as stream:
            assert [path for _, path in stream.take(len(expected))] == expected


def test_a_client_that_comes_again_misses_nothing_and_hears_nothing_twice(
    server: StorageServer, api: httpx.Client, photos: str
) -> None:
    with listening(api) as stream:
        begun_at = stream.last_id
        upload(api, "a")
        stream.next()
        known = stream.last_id
    upload(api, "b")
    server.stop()
    server.start()
    with httpx.Client(base_url=f"{server.url}/storage/v1", headers=api.headers, timeout=20) as again:
        with listening(again, known) as stream:
            upload(again, "c")
            assert [path for _, path in stream.take(2)] == ["b", "c"]
        with listening(again, last_event_id=begun_at) as stream:
            assert [path for _, path in stream.take(3)] == ["a", "b", "c"]


def test_what_another_process_changes_is_told_as_well(
    api: httpx.Client, photos: str, data_dir: Path, secrets: FixedSecrets
) -> None:
    with open_workspace(Settings(data_dir), secrets) as other, listening(api) as stream:
        other.storage.upload("photos", "theirs", b"1", SERVICE)

        assert stream.take(1) == [("storage.object.created", "theirs")]


def test_callers_hear_of_what_their_policies_show_them_and_policies_count_at_once(
    workspace: Workspace, server: StorageServer, alice: httpx.Client, bob: httpx.Client, photos: str
) -> None:
    spec = PolicySpec(
        "Everybody reads", PolicyTable.OBJECTS, PolicyCommand.SELECT, ("anon",), using="name LIKE 'open/%'"
    )
    with (
        api_client(server, workspace.keys.anon) as anon,
        listening(alice) as to_alice,
        listening(bob) as to_bob,
        listening(anon) as to_anon,
    ):
        upload(alice, "alice")
        upload(bob, "open/1")
        policy = workspace.storage.policies.create(spec, SERVICE)
        upload(bob, "open/2")
        workspace.storage.policies.delete(policy.id, SERVICE)
        assert [path for _, path in to_bob.take(2)] == ["open/1", "open/2"]
        upload(alice, "open/3")
        upload(bob, "open/4")
        policy = workspace.storage.policies.create(spec, SERVICE)
        upload(alice, "open/5")

        assert [path for _, path in to_alice.take(3)] == ["alice", "open/3", "open/5"]
        heard = [path for _, path in iter_until(to_anon, "open/5")]
        assert heard[-1] == "open/5"
        assert "alice" not in heard


def iter_until(stream: EventStream, path: str) -> list[tuple[str, str | None]]:
    """Return events up to that of one path."""
    heard = stream.take(1)
    while heard[-1][1] != path:
        heard += stream.take(1)
    return heard


def test_what_was_hidden_is_never_told_by_heartbeats(
    api: httpx.Client, alice: httpx.Client, photos: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers tell when something happened."""
    monkeypatch.setattr(bounds, "EVENT_HEARTBEAT_S", 0.05)
    with listening(alice) as to_alice, listening(api) as to_all:
        begun_at = to_alice.last_id
        upload(api, "hidden")
        to_all.next()
        eventually_beats(to_all, 2)
        eventually_beats(to_alice, 2)

        assert to_alice.last_id == begun_at
        assert int(to_all.last_id) > int(begun_at)


def test_when_the_last_event_was_is_not_told_to_who_may_not_see_it(
    workspace: Workspace, api: httpx.Client, alice: httpx.Client, photos: str
) -> None:
    upload(api, "hidden")
    newest = workspace.storage.outbox.newest()
    with listening(api) as to_all, listening(alice) as to_alice, listening(alice, "9" * 18) as behind:
        reset = behind.next()
        assert int(to_all.last_id) == newest
        assert newest < int(to_alice.last_id) < now_us()
        assert reset["type"] == "reset"
        assert newest < reset["id"]
    upload(alice, "mine")

    for number in (to_alice.last_id, reset["id"]):
        with listening(alice, number) as stream:
            assert stream.take(1) == [("storage.object.created", "mine")]
    with listening(alice) as stream:
        known = stream.last_id
    with listening(alice, known) as stream:
        upload(alice, "later")
        assert stream.take(1) == [("storage.object.created", "later")]


def eventually_beats(stream: EventStream, count: int) -> None:
    """Read until some heartbeats have come, and what follows them."""
    lines = stream._lines
    for _ in range(count):
        while next(lines) != ": heartbeat":
            pass
        if (line := next(lines)).startswith("id: "):
            stream.last_id = line.removeprefix("id: ")


def test_a_stream_ends_when_its_token_expires(
    server: StorageServer, user_token: Callable[..., str], photos: str
) -> None:
    with api_client(server, user_token(exp=int(time.time()) + 2)) as client, listening(client) as stream:
        assert list(stream) == []

        assert stream.comments == [": your token has ended"]


def test_a_stream_ends_when_its_token_is_revoked_and_nothing_from_afterwards_is_told(
    workspace: Workspace, server: StorageServer, photos: str
) -> None:
    token = workspace.tokens.mint(SERVICE, sub=ALICE, role="authenticated", claims={}, expires_in_s=600)
    with api_client(server, token.token) as client, listening(client) as stream:
        upload(client, "before")
        assert stream.take(1) == [("storage.object.created", "before")]

        workspace.tokens.revoke(token.info.id, SERVICE)
        workspace.storage.upload("photos", "after", b"1", RlsContext.user(ALICE))

        assert list(stream) == []
        assert stream.comments == [": your token has ended"]
        assert client.get("/events").status_code == 403


def test_who_sees_something_else_since_a_policy_changed_is_told_to_read_it_anew(
    workspace: Workspace, server: StorageServer, api: httpx.Client, alice: httpx.Client, photos: str
) -> None:
    """In the commit of the policy, behind everything before it, once, also for who comes back after a restart."""
    upload(api, "open")
    spec = PolicySpec("Signed in", PolicyTable.OBJECTS, PolicyCommand.SELECT, ("authenticated",), using="name = 'open'")
    with listening(api) as to_all, listening(alice) as to_alice:
        known = to_alice.last_id
        workspace.storage.policies.create(spec, SERVICE, "photos")
        reset = to_alice.next()
        assert reset.pop("id") == int(to_alice.last_id)
        assert reset.pop("message")
        assert reset == {"type": "reset", "reason": "access", "types": "storage.object.*"}
        assert alice.get("/object/photos/open").status_code == 200
        upload(api, "hidden")
        upload(api, "open")
        assert to_alice.take(1) == [("storage.object.updated", "open")]
        assert [path for _, path in to_all.take(2)] == ["hidden", "open"]
    server.stop()
    server.start()
    with httpx.Client(base_url=f"{server.url}/storage/v1", headers=alice.headers, timeout=20) as again:
        with listening(again, known) as stream:
            assert [kind for kind, _ in stream.take(2)] == ["reset", "storage.object.updated"]
            after = stream.last_id
        with listening(again, after) as stream:
            upload(again, "mine")
            assert stream.take(1) == [("storage.object.created", "mine")]


def test_a_renamed_bucket_is_told_with_both_names(
    workspace: Workspace, api: httpx.Client, alice: httpx.Client, photos: str
) -> None:
    spec = PolicySpec("Listed", PolicyTable.BUCKETS, PolicyCommand.SELECT, using="true")
    workspace.storage.policies.create(spec, SERVICE)
    for client in (api, alice):
        with listening(client, types="storage.bucket.*", bucket="photos") as stream:
            workspace.storage.rename_bucket("photos", "pictures", SERVICE)
            event = stream.next()
            workspace.storage.rename_bucket("pictures", "photos", SERVICE)
        assert (event["type"], event["bucket"], event["old_bucket"]) == ("storage.bucket.updated", "pictures", "photos")
        assert event.keys() == {"id", "type", "bucket_id", "bucket", "old_bucket", "owner_id", "timestamp"}


def test_who_has_another_role_from_now_on_signs_in_again_and_reads_anew(
    workspace: Workspace, server: StorageServer, photos: str
) -> None:
    user = workspace.users.add("dora", SERVICE)
    with api_client(server, workspace.tokens.mint_for(user, SERVICE).token) as client, listening(client) as stream:
        known = stream.last_id
        user = workspace.users.change("dora", SERVICE, role="editor")
        assert list(stream) == []
        assert stream.comments == [": your token has ended"]
    with (
        api_client(server, workspace.tokens.mint_for(user, SERVICE).token) as client,
        listening(client, known) as stream,
    ):
        reset = stream.next()
        assert (reset["type"], reset["reason"], reset["types"]) == ("reset", "access", "*")


def test_who_was_away_for_too_long_is_told_to_begin_anew(workspace: Workspace, api: httpx.Client, photos: str) -> None:
    with listening(api) as stream:
        known = stream.last_id
    upload(api, "a")
    Pruning(workspace._core.executor, lambda: now_us() + (limits.EVENTS_KEPT_S + 1) * 1_000_000).run()

    with listening(api, known) as stream:
        reset = stream.next()
        assert reset.keys() == {"id", "type", "reason", "message"}
        assert (reset["type"], reset["reason"]) == ("reset", "forgotten")
        upload(api, "b")
        assert stream.take(1) == [("storage.object.created", "b")]
    with listening(api, reset["id"]) as stream:
        assert stream.take(1) == [("storage.object.created", "b")]


def test_what_is_refused(api: httpx.Client) -> None:
    for query, headers, expected in (
        ({}, {"authorization": ""}, (403, "AccessDenied")),
        ({}, {"authorization": "Bearer nonsense"}, (403, "AccessDenied")),
        ({"types": "storage.object.eaten"}, {}, (400, "InvalidRequest")),
        ({"types": "x*"}, {}, (400, "InvalidRequest")),
        ({"types": ",".join("storage.object.created"[:end] + "*" for end in range(17))}, {}, (400, "InvalidRequest")),
        ({"types": "storage.object.changed-outside"}, {}, (400, "InvalidRequest")),
        ({"types": "storage.alarm.*"}, {}, (400, "InvalidRequest")),
        ({"types": "storage.access.changed"}, {}, (400, "InvalidRequest")),
        ({"last_event_id": "-1"}, {}, (400, "InvalidRequest")),
        ({}, {"last-event-id": "9" * 30}, (400, "InvalidRequest")),
        ({}, {"last-event-id": "1.5"}, (400, "InvalidRequest")),
    ):
        status, _, code, _ = error_of(api.get("/events", params=query, headers=headers))
        assert (status, code) == expected, (query, headers)
        head = api.head("/events", params=query, headers=headers)
        assert (head.status_code, head.content) == (status, b"")


def test_head_and_other_methods(api: httpx.Client) -> None:
    head = api.head("/events")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert head.headers["cache-control"] == "no-store"
    assert api.post("/events").status_code == 405


def test_more_listeners_than_there_is_room_for_are_turned_away_until_one_leaves(
    api: httpx.Client, photos: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "EVENT_STREAMS_MAX", 1)
    with listening(api) as stream:
        refused = api.get("/events")
        assert error_of(refused)[0] == 503
        assert refused.headers["retry-after"] == "1"
        assert stream.last_id

    def has_room() -> bool:
        with api.stream("GET", "/events") as response:
            return response.status_code == 200

    eventually(has_room)


def test_one_caller_takes_not_all_the_room(
    api: httpx.Client, alice: httpx.Client, bob: httpx.Client, photos: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "EVENT_STREAMS_A_CALLER_MAX", 1)
    with listening(alice) as to_alice, listening(bob), listening(api), listening(api):
        assert error_of(alice.get("/events"))[0] == 503
        assert to_alice.last_id

    def has_room() -> bool:
        with alice.stream("GET", "/events") as response:
            return response.status_code == 200

    eventually(has_room)


def test_a_network_of_ipv6_has_no_more_room_than_one_address(
    alice: httpx.Client, photos: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "EVENT_STREAMS_A_CALLER_MAX", 1)
    monkeypatch.setattr(Exchange, "client", property(lambda exchange: exchange.header(b"x-from") or ""))

    def come_from(address: str) -> httpx.Client:
        alice.headers["x-from"] = address
        return alice

    def status(address: str) -> int:
        with come_from(address).stream("GET", "/events") as response:
            return response.status_code

    with listening(come_from("2001:db8:1:2::1")) as stream, listening(come_from("::ffff:192.0.2.1")) as mapped:
        assert status("2001:db8:1:2:ffff::1") == 503
        assert status("2001:db8:1:3::1") == 200
        assert status("192.0.2.1") == 503
        assert status("192.0.2.2") == 200
        assert stream.last_id
        assert mapped.last_id


def test_a_slow_reader_gets_everything_later_and_keeps_nobody_waiting(
    workspace: Workspace, api: httpx.Client, raw: Callable[[], RawClient], photos: str
) -> None:
    count = 6_000
    slow = raw()
    slow.head("GET /storage/v1/events", token=workspace.keys.service_role)
    assert slow.socket.recv(15) == b"HTTP/1.1 200 OK"
    with listening(api) as stream:
        write_events(workspace, count)
        upload(api, "last")

        assert [path for _, path in stream.take(count + 1)] == [f"{n:0500}" for n in range(count)] + ["last"]
        text = bytearray()
        while b'"path":"last"' not in text[-2000:]:
            text += slow.socket.recv(1 << 20)
        assert text.count(b"event: storage.object.created") == count + 1


def test_a_reader_that_takes_nothing_is_cut_off(
    workspace: Workspace, api: httpx.Client, raw: Callable[[], RawClient], photos: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(bounds, "SWEEP_INTERVAL_S", 0.02)
    monkeypatch.setattr(bounds, "WRITE_IDLE_TIMEOUT_S", 0.3)
    monkeypatch.setattr(bounds, "EVENT_STREAMS_MAX", 1)
    api.head("/events")  # the sweeper reads its interval once, before it sleeps
    stuck = raw()
    stuck.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stuck.head("GET /storage/v1/events", token=workspace.keys.service_role)
    stuck.answer_head()
    for _ in range(4):
        write_events(workspace, 5_000)

    def has_room() -> bool:
        with api.stream("GET", "/events") as response:
            return response.status_code == 200

    eventually(has_room)


def test_streams_end_when_the_server_stops(server: StorageServer, api: httpx.Client, photos: str) -> None:
    with listening(api) as stream:
        upload(api, "a")
        stream.next()
        server.stop()

        assert list(stream) == []


def test_listening_is_audited(workspace: Workspace, alice: httpx.Client, photos: str) -> None:
    with listening(alice, bucket="photos") as stream:
        assert stream.last_id

    def found() -> list[tuple[str | None, str | None, str]]:
        entries = workspace.audit.page(AuditFilter(operations=("storage.event.listen",)), SERVICE).entries
        return [(entry.user_id, entry.bucket, entry.result) for entry in entries]

    eventually(found)
    assert found() == [(ALICE, "photos", "done")]
