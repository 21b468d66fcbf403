"""Clients that mean harm: what they send is refused or harmless, costs little, and never ends in a fault of the server.

Beside these: `test_protocol` (half-open clients, limits in time and number), `test_gatekeeper` (Host, Origin),
`test_multipart`, `tests/engine/test_auth` and `test_signed_url` (tokens and links, bit by bit).
"""

from __future__ import annotations

import hmac
import json
import logging
import random
import re
import socket
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from engine.server import bounds
from engine.types import RlsContext, UploadOptions
from tests.server.clients import RawClient, Served, api_client, error_of, eventually, fetch, served

pytestmark = pytest.mark.threads_outlive("the server of all these tests has a pool of threads")

SERVICE = RlsContext.service()
SECRET = b"what nobody may read"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a public bucket, and keep a secret beside the data folder and in a private bucket."""
    folder: Path = tmp_path_factory.mktemp("hostile")
    (folder / "secret").write_bytes(SECRET)
    with served(folder / "data") as opened:
        storage = opened.workspace.storage
        storage.create_bucket("shared", SERVICE, public=True)
        storage.create_bucket("taking", SERVICE)
        storage.create_bucket("secret", SERVICE)
        storage.upload("secret", "secret", SECRET, SERVICE)
        storage.upload("shared", "a.txt", b"hello", SERVICE)
        storage.upload("taking", "a.txt", b"hello", SERVICE)
        yield opened


@pytest.fixture
def connect(place: Served) -> Iterator[Any]:
    """Return a function that opens raw connections; closed after the test."""
    with ExitStack() as stack:

        def open_one() -> RawClient:
            client = RawClient(place.server.host, place.server.port)
            stack.callback(client.close)
            return client

        yield open_one


# Addresses

DOTS = (
    "..", ".", "%2e%2e", ".%2e", "%252e%252e", "..%00", "..;", "...", "%c0%ae%c0%ae", "%e0%80%ae.", "%uff0e%uff0e",
    "%ef%bc%8e%ef%bc%8e", "\\.\\.", "%5c..", "..%5c", "~root", "..%0d%0a", "%20..",
)  # fmt: skip
SLASHES = ("/", "%2f", "%2F", "%252f", "\\", "%5c", "%255c", "//", "/./", "%c0%af", "%ef%bc%8f", "%e2%88%95")
TARGETS = (
    "secret", "secret/secret", "etc/passwd", ".staging", "%2fetc%2fpasswd", "C:%5cWindows", "a.txt", "holdall.db",
    "%00", "proc/self/environ", "con", "a.txt%00.png",
)  # fmt: skip


def corpus() -> list[str]:
    """Return names that lead out of where they stand, as they would be read by something."""
    return [
        f"{dots}{slash}" * depth + target
        for dots, slash, target, depth in product(DOTS, SLASHES, TARGETS, (1, 2))
    ]  # fmt: skip


@pytest.mark.timeout(600)
def test_no_name_leads_out_of_its_bucket(place: Served, connect: Any):
    names = corpus()
    assert len(set(names)) >= 5000
    client, seen = connect(), set()
    for start in range(0, len(names), 50):
        for name in names[start : start + 50]:
            client.head(f"GET /storage/v1/object/public/shared/{name}")
        for name in names[start : start + 50]:
            answer = client.answer()
            seen.add(answer.status)
            assert answer.status in (200, 400, 404), name
            assert SECRET not in answer.body, name
            assert answer.status != 200 or answer.body == b"hello", name
    assert seen >= {400, 404}


def files_outside(place: Served) -> set[Path]:
    """Return all files but those of the buckets."""
    top = place.workspace.settings.data_dir.parent
    own = {place.workspace.settings.storage_dir / bucket.id for bucket in place.workspace.storage.list_buckets(SERVICE)}
    kept = re.compile(r"\.db(?:-wal|-shm)?$|server\.json$|/\.lock$|/backups/|/logs/|/\.buckets/[0-9a-f-]{36}\.json$")
    return {
        path
        for path in top.rglob("*")
        if path.is_file() and not kept.search(path.as_posix()) and not any(folder in path.parents for folder in own)
    }


def test_no_name_writes_out_of_its_bucket(place: Served, connect: Any):
    before, client, key = files_outside(place), connect(), place.service_key
    sample = random.Random(6).sample(corpus(), 50)
    for name in sample:
        client.head(f"PUT /storage/v1/object/taking/{name}", "Content-Length: 4", token=key)
        client.send(b"evil")
        assert client.answer().status in (201, 400), name
    with api_client(place.server, key) as api:
        for name in sample[:15]:
            for words in ("move", "copy"):
                pair = {"bucketId": "taking", "sourceKey": "a.txt", "destinationKey": f"{name}-{words}"}
                status = api.post(f"/object/{words}", json=pair).status_code
                assert status in (200, 400, 409), (words, name)
                if (words, status) == ("move", 200):
                    api.post(
                        "/object/move", json={**pair, "sourceKey": pair["destinationKey"], "destinationKey": "a.txt"}
                    )
            assert api.post("/bucket", json={"name": name}).status_code in (200, 400, 409), name
            listed = api.post("/object/list/taking", json={"prefix": name, "search": name})
            assert listed.status_code in (200, 400), name
    assert files_outside(place) == before
    assert (place.workspace.settings.data_dir.parent / "secret").read_bytes() == SECRET


def test_a_bucket_is_not_left_by_its_own_name(place: Served, connect: Any):
    client = connect()
    for bucket in ("..", "%2e%2e", "shared/../secret", "shared%2f..%2fsecret", ".", "%00", "shared%00", "a" * 200):
        client.head(f"GET /storage/v1/object/public/{bucket}/secret")
        answer = client.answer()
        assert answer.status in (400, 404), bucket
        assert SECRET not in answer.body


# Requests that two readers would end in different places

HIDDEN = b"GET /storage/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n"
LINE = b"POST /storage/v1/object/list/shared HTTP/1.1\r\nHost: localhost\r\n"
AMBIGUOUS = {
    "length and chunks": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
    "chunks and length": b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n",
    "two lengths": b"Content-Length: 4\r\nContent-Length: 5\r\n\r\n",
    "two lengths in one": b"Content-Length: 4, 5\r\n\r\n",
    "the same length twice": b"Content-Length: 4\r\nContent-Length: 4\r\n\r\n",
    "the same length twice in one": b"Content-Length: 4, 4\r\n\r\n",
    "a signed length": b"Content-Length: +4\r\n\r\n",
    "a negative length": b"Content-Length: -4\r\n\r\n",
    "a length in hexadecimal": b"Content-Length: 0x4\r\n\r\n",
    "a length with a gap": b"Content-Length: 4 4\r\n\r\n",
    "no length at all in it": b"Content-Length: \r\n\r\n",
    "a length beyond all": b"Content-Length: 99999999999999999999999\r\n\r\n",
    "a blank before the colon": b"Content-Length : 4\r\n\r\n",
    "a blank before the name": b" Content-Length: 4\r\n\r\n",
    "a folded line": b"X-A: b\r\n Content-Length: 4\r\n\r\n",
    "a folded coding": b"Transfer-Encoding:\r\n chunked\r\n\r\n",
    "an unknown coding": b"Transfer-Encoding: xchunked\r\n\r\n",
    "a coding before the length": b"Transfer-Encoding: identity\r\nContent-Length: 4\r\n\r\n",
    "chunks that are not last": b"Transfer-Encoding: chunked, identity\r\n\r\n",
    "chunks twice": b"Transfer-Encoding: chunked, chunked\r\n\r\n",
    "chunks in two fields": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n",
    "a tab in the coding": b"Transfer-Encoding:\x0bchunked\r\n\r\n",
    "a NUL in a field": b"X-A: a\x00b\r\n\r\n",
    "a bare return in a field": b"X-A: a\rContent-Length: 4\r\n\r\n",
    "a name with a bracket": b"Content-Length(): 4\r\n\r\n",
    "an empty name": b": 4\r\n\r\n",
    "a line without a colon": b"Content-Length 4\r\n\r\n",
    "a chunk of no size": b"Transfer-Encoding: chunked\r\n\r\n\r\n",
    "a chunk of a signed size": b"Transfer-Encoding: chunked\r\n\r\n+4\r\nabcd\r\n0\r\n\r\n",
    "a chunk of a prefixed size": b"Transfer-Encoding: chunked\r\n\r\n0x4\r\nabcd\r\n0\r\n\r\n",
    "a chunk that is too long": b"Transfer-Encoding: chunked\r\n\r\n4\r\nabcdefgh\r\n0\r\n\r\n",
    "a chunk beyond all": b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
}


def answers_to(client: RawClient, request: bytes) -> list[int]:
    """Return the statuses of all answers until the server closes the connection or falls silent."""
    client.socket.settimeout(5)
    client.send(request)
    client.socket.shutdown(socket.SHUT_WR)
    data = bytearray()
    while piece := client.socket.recv(65536):
        data += piece
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3})", data)]


@pytest.mark.parametrize("shape", AMBIGUOUS)
def test_a_request_with_two_meanings_hides_no_other(connect: Any, shape: str):
    statuses = answers_to(connect(), LINE + AMBIGUOUS[shape] + HIDDEN)
    assert statuses in ([400], [413]), shape


@pytest.mark.parametrize(
    "request_bytes",
    [
        LINE.replace(b"\r\n", b"\n") + b"\n",
        b"GET  /storage/v1/status  HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /storage/v1/status HTTP/1.1\r\nHost: localhost\r\nX: \xff\r\n\r\n",
        b"GET /storage/v1/status HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"GET /storage/v1/status HTTP/2.0\r\nHost: localhost\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET http://evil.example/storage/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET storage/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"get /storage/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /storage/v1/status#fragment HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /storage/v1/status?" + b"a=1&" * 100 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /storage/v1/object/public/shared/%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\r\n" * 50 + HIDDEN,
        b"\x00" * 100,
        b"GET " * 1000,
    ],
)
def test_what_is_hardly_http_is_no_fault_of_ours(connect: Any, request_bytes: bytes):
    statuses = answers_to(connect(), request_bytes)
    assert len(statuses) <= 1
    assert all(status < 500 for status in statuses)


def test_random_bytes_are_no_fault_of_ours(connect: Any):
    chance = random.Random(7)
    for _ in range(60):
        request = bytearray(LINE + b"Content-Length: 2\r\nAuthorization: Bearer x\r\n\r\n{}" + HIDDEN)
        for _ in range(chance.randint(1, 8)):
            request[chance.randrange(len(request))] = chance.randrange(256)
        assert all(status < 500 for status in answers_to(connect(), bytes(request))), bytes(request)


# Holding on


def test_a_hundred_half_open_clients_keep_nobody_out(place: Served, connect: Any, monkeypatch: pytest.MonkeyPatch):
    stuck = [connect() for _ in range(100)]
    for number, client in enumerate(stuck):
        client.send(
            b"GET /storage/v1/object/public/shared/a.txt HTTP/1.1\r\nHost: localhost\r\nX-Slow: "[: 20 + number]
        )
    assert fetch(f"{place.url}/object/public/shared/a.txt").content == b"hello"
    monkeypatch.setattr(bounds, "HEADER_TIMEOUT_S", 0.0)
    assert all(client.is_closed() for client in stuck)
    monkeypatch.undo()
    assert fetch(f"{place.url}/object/public/shared/a.txt").content == b"hello"


def memory_bytes() -> int:
    """Return what this process, and so the server, holds in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_two_hundred_downloads_of_a_large_object_at_once_hold_little_memory(place: Served, connect: Any):
    size = 64 << 20
    place.workspace.storage.upload("shared", "large", bytes(size), SERVICE, UploadOptions(replace=True))
    fetch(f"{place.url}/object/public/shared/a.txt")
    before = memory_bytes()
    clients = [connect() for _ in range(200)]
    for client in clients:
        client.head("GET /storage/v1/object/public/shared/large")
    for client in clients:
        assert client.answer_head()[0] == 200
        assert client.read(1000) == bytes(1000)
    assert memory_bytes() - before < 64 << 20
    assert fetch(f"{place.url}/object/public/shared/a.txt").content == b"hello"
    left = size - 1000
    while left:
        left -= len(clients[0].read(min(left, 1 << 20)))
    for client in clients:
        client.close()
    eventually(lambda: len(place.server._run._connections()) < 20)


def test_a_form_that_grows_without_end_is_refused_on_its_way(place: Served):
    head = b'--x\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n'
    token = {"content-type": "multipart/form-data; boundary=x"}
    with api_client(place.server, place.service_key) as api:
        large = api.post("/object/shared/f", content=head + b"a" * 400_000, headers=token)
        assert error_of(large)[0] == 413
        many = api.post("/object/shared/f", content=(head + b"{}\r\n") * 40, headers=token)
        assert error_of(many)[0] == 400
        name = b'--x\r\nContent-Disposition: form-data; name="' + b"a" * 200_000
        assert api.post("/object/shared/f", content=name, headers=token).status_code in (400, 413)
        deep = api.post("/object/list/shared", content=b'{"a":' * 100_000)
        assert error_of(deep)[0] == 400
        assert error_of(api.post("/object/list/shared", content=b" " * 2_000_000))[0] == 413
    assert not list(place.workspace.settings.storage_dir.glob(".staging/*/*-*"))


# Tokens


def signed(claims: dict[str, Any], secret: str, **head: Any) -> str:
    """Return a token that anybody could sign."""
    parts = ({"alg": "HS256", "typ": "JWT", **head}, claims)
    text = ".".join(urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
    return f"{text}.{urlsafe_b64encode(hmac.digest(secret.encode(), text.encode(), 'sha256')).rstrip(b'=').decode()}"


def tricks(place: Served) -> Iterator[str]:
    """Yield tokens that claim to be the service, by every confusion that has a name."""
    claims = {"role": "service_role", "iss": "holdall"}
    body = urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    real = place.service_key.split(".")
    for algorithm in (
        "none",
        "None",
        "NONE",
        "nOnE",
        "",
        "HS256",
        "HS384",
        "RS256",
        "ES256",
        "PS256",
        "EdDSA",
        None,
        1,
        ["HS256"],
    ):
        head = urlsafe_b64encode(json.dumps({"alg": algorithm, "typ": "JWT"}).encode()).rstrip(b"=").decode()
        yield from (f"{head}.{body}.", f"{head}.{body}.{real[2]}", f"{head}.{real[1]}.", f"{head}.{body}")
    yield from (signed(claims, secret) for secret in ("", "secret", "null", place.anon_key, "a" * 32))
    for extra in (
        {"kid": "../../../../dev/null"}, {"kid": "/dev/null"}, {"kid": "' or '1'='1"}, {"kid": "\x00"},
        {"crit": ["exp"]}, {"kid": "a" * 5000}, {"jku": "http://127.0.0.1/keys"}, {"x5c": ["YQ=="]},
        {"x5u": "http://127.0.0.1/keys"},
        {"jwk": {"kty": "oct", "k": "YQ"}}, {"b64": False, "crit": ["b64"]}, {"cty": "JWT"}, {"zip": "DEF"},
    ):  # fmt: skip
        yield from (signed(claims, secret, **extra) for secret in ("", "a"))
    yield f"{real[0]}.{body}.{real[2]}"
    yield f"{real[0]}.{real[1]}.{real[2]}.{real[2]}"
    yield f"{real[0]}.{real[1]}.{'A' * len(real[2])}"


def test_no_confusion_of_tokens_makes_somebody_the_service(place: Served):
    with api_client(place.server) as client:
        tokens = list(tricks(place))
        for token in tokens:
            refused = client.get("/bucket", headers={"authorization": f"Bearer {token}"})
            assert error_of(refused)[:3] == (403, "Unauthorized", "AccessDenied"), token
            hidden = client.get("/object/secret/secret", headers={"authorization": f"Bearer {token}"})
            assert hidden.status_code == 404, token
    assert len(tokens) > 70


def test_no_flipped_bit_of_a_link_or_a_key_counts(place: Served):
    with api_client(place.server, place.service_key) as api:
        signed = api.post("/object/sign/secret/secret", json={"expiresIn": 60}).json()
        where, _, token = signed["signedURL"].partition("token=")
        upload = api.post("/object/upload/sign/secret/new").json()
    with api_client(place.server) as client:
        assert client.get(f"{where}token={token}").content == SECRET
        for changed in flipped(token)[::2]:
            assert client.get(f"{where}token={quote(changed)}").status_code == 400
        for changed in flipped(upload["token"])[::5]:
            target = f"{upload['url'].partition('?')[0]}?token={quote(changed)}"
            assert client.put(target, content=b"x").status_code == 400
        for changed in flipped(place.service_key)[::5]:
            assert client.get("/bucket", headers={"authorization": f"Bearer {changed}"}).status_code == 403


def flipped(token: str) -> list[str]:
    """Return a token with one bit changed, for every bit that leaves it printable and means something."""
    found = []
    for place, letter in enumerate(token):
        is_padding = place == len(token) - 1  # its last bits stand for nothing
        for bit in range(7):
            other = chr(ord(letter) ^ (1 << bit))
            if other.isprintable() and not is_padding and other != " ":
                found.append(token[:place] + other + token[place + 1 :])
    return found


def test_no_log_holds_a_secret(place: Served, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    with api_client(place.server, place.service_key) as api:
        link = api.post("/object/sign/secret/secret", json={"expiresIn": 60}).json()
        grant = api.post("/object/upload/sign/shared/given", headers={"x-upsert": "true"}).json()
        api.get("/bucket", headers={"apikey": place.anon_key}).raise_for_status()
        api.get("/object/none/none")
    with api_client(place.server) as client:
        for url in (link["signedURL"], link["signedURL"] + "x", link["url"], f"{link['url']}0"):
            client.get(url)
        client.put(grant["url"], content=b"x").raise_for_status()
        client.get("/bucket", headers={"authorization": f"Bearer {place.service_key}x"})
    logged = "\n".join(
        record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))
    )
    secrets = [place.service_key, place.anon_key, grant["token"], link["signedURL"].partition("=")[2]]
    secrets += [place.workspace.jwt_secret, re.search(r"token=([^&]+)", link["url"])[1]]
    for secret in secrets:
        assert secret not in logged
        assert secret.split(".")[-1] not in logged
