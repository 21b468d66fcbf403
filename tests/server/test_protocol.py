"""The wire: malformed and half-open clients, hosts and origins, limits in time and number."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import httpx
import pytest

from engine.server import StorageServer, bounds
from engine.workspace import Workspace
from tests.server.clients import RawClient, api_client, error_of, eventually

Raw = Callable[[], RawClient]


def test_health_and_status(nobody: httpx.Client):
    assert nobody.get("/health").json() == {"healthy": True}
    assert nobody.head("/health").headers["content-length"] == "16"
    assert nobody.get("/status").status_code == 200
    assert "server" not in nobody.get("/status").headers


def test_unknown_addresses(nobody: httpx.Client, server: StorageServer):
    for path in ("/", "/storage/v1", "/favicon.ico", "/storage/v1/nothing"):
        with api_client(server) as client:
            assert error_of(client.get(f"{server.url}{path}"))[:2] == (404, "not_found")


def test_methods_that_an_address_does_not_take(nobody: httpx.Client):
    refused = nobody.post("/health")
    assert error_of(refused)[:3] == (405, "MethodNotAllowed", "MethodNotAllowed")
    assert refused.headers["allow"] == "GET, HEAD"
    assert nobody.options("/object/a/b", headers={"origin": "http://x.example"}).status_code == 405


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
    ],
)
def test_what_is_no_http_is_refused_and_closed(raw: Raw, request_bytes: bytes, caplog: pytest.LogCaptureFixture):
    client = raw()
    client.send(request_bytes)
    answer = client.answer()
    assert answer.status == 400
    assert answer.json()["code"] == "InvalidRequest"
    assert client.is_closed()
    assert caplog.records == []


@pytest.mark.parametrize(
    "fields", [("Host: evil.example",), ("Host: localhost", "Host: evil.example"), (), ("Host: localhost@evil",)]
)
def test_other_hosts_are_refused(raw: Raw, fields: tuple[str, ...]):
    client = raw()
    client.send(("\r\n".join(["GET /storage/v1/health HTTP/1.1", *fields]) + "\r\n\r\n").encode())
    answer = client.answer()
    assert (answer.status, answer.json()["code"]) == (403, "AccessDenied")


def test_other_origins_change_nothing(api: httpx.Client, server: StorageServer):
    refused = api.post("/bucket", json={"name": "a"}, headers={"origin": "http://evil.example"})
    assert error_of(refused)[:3] == (403, "Unauthorized", "AccessDenied")
    assert api.get("/bucket").json() == []
    assert api.post("/bucket", json={"name": "a"}, headers={"origin": server.url}).status_code == 200
    foreign = api.get("/bucket", headers={"origin": "http://evil.example"})
    assert foreign.status_code == 200
    assert "access-control-allow-origin" not in foreign.headers


def test_requests_in_one_packet_are_answered_in_order(raw: Raw, server: StorageServer):
    client = raw()
    request = f"GET /storage/v1/health HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode()
    client.send(request * 3 + request.replace(b"health", b"nothing"))
    assert [client.answer().status for _ in range(4)] == [200, 200, 200, 404]


def test_requests_in_one_packet_are_no_large_head(raw: Raw, server: StorageServer):
    client = raw()
    fields = f"Host: 127.0.0.1:{server.port}\r\nX-Long: {'a' * 2000}\r\n\r\n"
    request = f"GET /storage/v1/health HTTP/1.1\r\n{fields}".encode()
    count = 4 * bounds.HEAD_MAX_BYTES // len(request)
    client.send(request * count + request[:-2])
    assert {client.answer().status for _ in range(count)} == {200}
    client.send(b"\r\n")
    assert client.answer().status == 200


@pytest.mark.parametrize(
    "fields",
    [("gzip, chunked",), ("identity, chunked",), ("gzip", "chunked"), ("chunked", "chunked"), ("x-own, chunked",)],
)
def test_a_body_in_a_coding_that_nobody_undoes_is_refused(
    raw: Raw, workspace: Workspace, api: httpx.Client, photos: str, fields: tuple[str, ...]
):
    client = raw()
    codings = [f"Transfer-Encoding: {field}" for field in fields]
    client.head("PUT /storage/v1/object/photos/a", *codings, token=workspace.keys.service_role)
    client.send(b"5\r\nhello\r\n0\r\n\r\n")
    assert client.answer().status == 400
    assert api.get("/object/photos/a").status_code == 404


def test_half_a_character_breaks_no_answer(api: httpx.Client, photos: str):
    told = base64.b64encode(b'{"a":"\\ud800"}').decode()
    api.put("/object/photos/a", content=b"x", headers={"x-metadata": told}).raise_for_status()
    info = api.get("/object/info/photos/a")
    assert json.loads(info.content.decode())["metadata"] == {"a": "\ud800"}
    pair = b'{"bucketId":"photos","sourceKey":"\\ud800","destinationKey":"b"}'
    refused = api.post("/object/move", content=pair)
    assert refused.status_code in (400, 404)
    assert json.loads(refused.content.decode())["statusCode"] == str(refused.status_code)


@pytest.mark.parametrize("start", [b"GET /", b"GET / HTTP/1.1\r\nX-Long: ", b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 1000])
def test_a_head_cannot_grow_without_end(raw: Raw, start: bytes):
    client = raw()
    client.send(start + b"a" * bounds.HEAD_MAX_BYTES)
    assert client.answer().status == 431
    assert client.is_closed()


def test_http_1_0_closes(raw: Raw):
    client = raw()
    client.send(b"GET /storage/v1/health HTTP/1.0\r\n\r\n")
    assert client.answer().json() == {"healthy": True}
    assert client.is_closed()


def test_a_websocket_is_not_spoken(raw: Raw, caplog: pytest.LogCaptureFixture):
    client = raw()
    client.head("GET /storage/v1/health", "Upgrade: websocket", "Connection: Upgrade")
    assert client.answer().status == 200
    assert caplog.records == []


def test_a_client_that_asks_on_without_reading_gets_everything_in_order(
    raw: Raw, api: httpx.Client, photos: str, workspace: Workspace
):
    contents = [bytes([number]) * 250_000 for number in range(4)]
    for number, content in enumerate(contents):
        api.post(f"/object/{photos}/{number}", content=content).raise_for_status()
    client = raw()
    for turn in range(60):
        client.head(f"GET /storage/v1/object/{photos}/{turn % 4}", token=workspace.keys.service_role)
    for turn in range(60):
        assert client.answer().body == contents[turn % 4]


def test_a_header_field_cannot_break_the_answer_apart(
    nobody: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr("engine.server.exchange.NOSNIFF", (b"x-content-type-options", b"a\r\nx-evil: 1"))
    answer = nobody.get("/health")
    assert answer.status_code == 500
    assert "x-evil" not in answer.headers
    assert "line break" in caplog.text


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the server look at its clocks often."""
    monkeypatch.setattr(bounds, "SWEEP_INTERVAL_S", 0.02)


def test_half_a_head_is_not_waited_for(impatient: None, monkeypatch: pytest.MonkeyPatch, raw: Raw):
    monkeypatch.setattr(bounds, "HEADER_TIMEOUT_S", 0.1)
    silent, slow = raw(), raw()
    slow.send(b"GET /storage/v1/health HTTP/1.1\r\nHost: loc")
    assert silent.is_closed()
    assert slow.is_closed()


def test_half_a_body_is_not_waited_for(
    impatient: None, monkeypatch: pytest.MonkeyPatch, raw: Raw, photos: str, workspace: Workspace, staged
):
    monkeypatch.setattr(bounds, "BODY_IDLE_TIMEOUT_S", 0.1)
    client = raw()
    client.head(f"POST /storage/v1/object/{photos}/a", "Content-Length: 100000", token=workspace.keys.service_role)
    client.send(b"x" * 50000)
    assert client.is_closed()
    eventually(lambda: staged() == [])


def test_a_client_that_does_not_read_is_not_waited_for(
    impatient: None, monkeypatch: pytest.MonkeyPatch, raw: Raw, api: httpx.Client, photos: str, workspace: Workspace
):
    monkeypatch.setattr(bounds, "WRITE_IDLE_TIMEOUT_S", 0.3)
    api.post(f"/object/{photos}/big", content=b"x" * (32 << 20)).raise_for_status()
    client = raw()
    client.head(f"GET /storage/v1/object/{photos}/big", token=workspace.keys.service_role)
    assert client.answer_head()[0] == 200
    eventually(lambda: _is_cut(client))


def _is_cut(client: RawClient) -> bool:
    """Return whether a write fails, which it does once the other end is gone."""
    try:
        client.send(b"\r\n")
    except ConnectionError:
        return True
    return False


def test_a_slow_reader_is_served_to_the_end(
    impatient: None, monkeypatch: pytest.MonkeyPatch, raw: Raw, photos: str, workspace: Workspace
):
    monkeypatch.setattr(bounds, "KEEP_ALIVE_TIMEOUT_S", 0)
    content = bytes(range(256)) * 4 * 8192
    workspace.storage.upload(photos, "big", content, workspace.context)
    client = raw()
    client.head(f"GET /storage/v1/object/{photos}/big", token=workspace.keys.service_role)
    client.answer_head()
    received = b"".join(client.read(64 * 1024) for _ in range(len(content) // (64 * 1024)))
    assert received == content


def test_idle_connections_are_closed(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bounds, "KEEP_ALIVE_TIMEOUT_S", 0.05)
    server = StorageServer(workspace)
    server.start()
    client = RawClient(server.host, server.port)
    try:
        client.head("GET /storage/v1/health")
        assert client.answer().status == 200
        assert client.is_closed()
    finally:
        client.close()
        server.stop()


def test_too_many_connections(raw: Raw, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bounds, "CONNECTIONS_MAX", 2)
    first, second = raw(), raw()
    for client in (first, second):
        client.head("GET /storage/v1/health")
        assert client.answer().status == 200
    third = raw()
    assert third.answer().status == 503
    assert third.is_closed()
    first.close()
    eventually(lambda: _is_served(raw()))


def _is_served(client: RawClient) -> bool:
    try:
        client.head("GET /storage/v1/health")
        return client.answer().status == 200
    except ConnectionError:
        return False
    finally:
        client.close()
