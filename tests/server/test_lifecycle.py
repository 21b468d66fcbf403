"""Starting and stopping: ready when `start` returns, gone when `stop` returns, whatever is going on."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from engine.errors import PortUnavailable
from engine.instance import read_server
from engine.server import StorageServer, bounds
from engine.workspace import Workspace
from tests.server.clients import RawClient, api_client, eventually

BIG_BYTES = 32 << 20


def _server_threads() -> list[str]:
    names = [thread.name for thread in threading.enumerate()]
    return [
        name
        for name in names
        if name.startswith("holdall-") and name not in {"holdall-jobs", "holdall-audit", "holdall-log"}
    ]


def test_ready_when_started_and_gone_when_stopped(workspace: Workspace):
    server = StorageServer(workspace)
    assert not server.running
    server.start()
    assert server.running
    assert server.url == f"http://127.0.0.1:{server.port}"
    with api_client(server) as client:
        assert client.get("/health").status_code == 200
        server.stop()
        with pytest.raises(httpx.ConnectError):
            client.get("/health")
    assert not server.running
    assert _server_threads() == []


def test_again_and_again_on_one_port(workspace: Workspace):
    server = StorageServer(workspace)
    server.start()
    again = StorageServer(workspace, port=server.port)
    server.stop()
    for _ in range(5):
        again.start()
        with api_client(again) as client:
            assert client.get("/health").status_code == 200
        again.stop()
    assert _server_threads() == []


def test_starting_or_stopping_twice_is_no_fault(workspace: Workspace):
    server = StorageServer(workspace)
    server.stop()
    server.start()
    port = server.port
    server.start()
    assert server.port == port
    server.stop()
    server.stop()


def test_two_servers_of_one_workspace(workspace: Workspace):
    first, second = StorageServer(workspace), StorageServer(workspace)
    first.start()
    second.start()
    try:
        for server in (first, second):
            with api_client(server) as client:
                assert client.get("/health").status_code == 200
    finally:
        first.stop()
        second.stop()


def test_a_port_in_use(workspace: Workspace, server: StorageServer):
    second = StorageServer(workspace, port=server.port)
    with pytest.raises(PortUnavailable, match="used by another program") as caught:
        second.start()
    assert caught.value.hint
    assert not second.running
    assert server.running


def test_other_processes_find_the_server(workspace: Workspace):
    data_dir = workspace.settings.data_dir
    server = StorageServer(workspace)
    assert read_server(data_dir) is None
    server.start()
    assert read_server(data_dir) == server.url
    server.stop()
    assert read_server(data_dir) is None


def test_signals_stay_with_the_program(workspace: Workspace):
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    server = StorageServer(workspace)
    server.start()
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    server.stop()


def test_started_in_one_thread_and_stopped_in_another(workspace: Workspace):
    server = StorageServer(workspace)
    for action in (server.start, server.stop):
        worker = threading.Thread(target=action)
        worker.start()
        worker.join()
    assert _server_threads() == []


def _received(client: RawClient) -> int:
    """Return how many bytes still come until the connection ends."""
    count = 0
    with contextlib.suppress(ConnectionError):
        while data := client.read(1 << 20):
            count += len(data)
    return count


@pytest.fixture
def big(api: httpx.Client, photos: str) -> str:
    """Store a large object and return its address."""
    api.post(f"/object/{photos}/big", content=b"x" * BIG_BYTES).raise_for_status()
    return f"/storage/v1/object/{photos}/big"


def test_stop_cuts_a_download_that_does_not_end(
    server: StorageServer, raw: Callable[[], RawClient], big: str, workspace: Workspace
):
    client = raw()
    client.head(f"GET {big}", token=workspace.keys.service_role)
    assert client.answer_head()[0] == 200
    server.stop(0.4)
    assert not server.running
    assert _server_threads() == []
    assert _received(client) < BIG_BYTES


def test_stop_lets_a_download_end_that_does(
    server: StorageServer, raw: Callable[[], RawClient], big: str, workspace: Workspace
):
    client = raw()
    client.head(f"GET {big}", token=workspace.keys.service_role)
    client.answer_head()
    stopping = threading.Thread(target=server.stop, args=(40.0,))
    stopping.start()
    assert client.read(BIG_BYTES) == b"x" * BIG_BYTES
    stopping.join()
    assert not server.running


def test_stop_undoes_an_upload(
    server: StorageServer, raw: Callable[[], RawClient], photos: str, workspace: Workspace, staged, storage, service
):
    client = raw()
    line, length = f"POST /storage/v1/object/{photos}/half", f"Content-Length: {BIG_BYTES}"
    client.head(line, length, token=workspace.keys.service_role)
    client.send(b"x" * (2 << 20))
    eventually(staged)
    server.stop(0.4)
    eventually(lambda: staged() == [])
    eventually(lambda: _server_threads() == [])
    assert not storage.exists(photos, "half", service)


def test_stop_does_not_wait_for_a_storage_that_hangs(
    server: StorageServer, raw: Callable[[], RawClient], photos: str, workspace: Workspace, monkeypatch, caplog
):
    entered, release = threading.Event(), threading.Event()

    def hang(*_: object) -> None:
        entered.set()
        release.wait()

    monkeypatch.setattr(workspace.storage, "list_buckets", hang)
    client = raw()
    client.head("GET /storage/v1/bucket", token=workspace.keys.service_role)
    entered.wait()
    server.stop(0.2)
    assert not server.running
    assert client.is_closed()
    assert "still busy" in caplog.text
    release.set()
    eventually(lambda: _server_threads() == [])


def test_stop_undoes_an_upload_that_had_not_quite_begun(
    server: StorageServer, raw: Callable[[], RawClient], photos: str, workspace: Workspace, staged, monkeypatch, caplog
):
    entered, release = threading.Event(), threading.Event()
    begin = workspace.storage.begin_upload
    aborted: list[str] = []

    def hang(*args, **kwargs):
        entered.set()
        release.wait()
        session = begin(*args, **kwargs)
        monkeypatch.setattr(session, "abort", lambda: aborted.append("aborted"))
        return session

    monkeypatch.setattr(workspace.storage, "begin_upload", hang)
    client = raw()
    client.head(f"POST /storage/v1/object/{photos}/a", "Content-Length: 9", token=workspace.keys.service_role)
    entered.wait()
    server.stop(0.2)
    assert "still busy" in caplog.text
    release.set()
    eventually(lambda: aborted)
    eventually(lambda: _server_threads() == [])
    assert staged() == []


def test_a_server_that_cannot_start_leaves_nothing(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    async def fail(_: object) -> None:
        raise OSError("no event loop today")

    monkeypatch.setattr("engine.server.runner.ServerRun._serve", fail)
    server = StorageServer(workspace)
    with pytest.raises(OSError, match="no event loop today"):
        server.start()
    assert not server.running
    assert _server_threads() == []
    with socket.socket() as free:
        free.bind((server.host, server.port))


def test_a_dead_client_is_not_read_for(
    raw: Callable[[], RawClient], big: str, workspace: Workspace, server: StorageServer
):
    client = raw()
    client.head(f"GET {big}", token=workspace.keys.service_role)
    client.answer_head()
    client.close()
    eventually(lambda: any(record.method == "GET" and record.path == big for record in server.recent_requests()))
    record = next(record for record in server.recent_requests() if record.path == big and record.method == "GET")
    assert record.size_bytes < BIG_BYTES


def test_every_file_is_closed_after_the_last_request(
    server: StorageServer, api: httpx.Client, photos: str, data_dir: Path
):
    for number in range(bounds.OPEN_OBJECTS_MAX + 10):
        api.post(f"/object/{photos}/{number}", content=b"x").raise_for_status()
    for number in range(bounds.OPEN_OBJECTS_MAX + 10):
        assert api.get(f"/object/{photos}/{number}").content == b"x"
    server.stop()
    opened = [str(link.resolve()) for link in Path("/proc/self/fd").glob("*")] if sys.platform == "linux" else []
    assert [path for path in opened if path.startswith(f"{data_dir}/storage/") and "/.staging/" not in path] == []


def test_ipv6(workspace: Workspace):
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    server = StorageServer(workspace, "::1")
    try:
        server.start()
    except PortUnavailable:
        pytest.skip("no IPv6 loopback here")
    try:
        assert server.url == f"http://[::1]:{server.port}"
        with api_client(server) as client:
            assert client.get("/health").status_code == 200
    finally:
        server.stop()


def test_every_address(workspace: Workspace):
    server = StorageServer(workspace, "0.0.0.0")
    server.start()
    try:
        for url in (server.url, f"http://127.0.0.1:{server.port}", f"http://localhost:{server.port}"):
            with api_client(server) as client:
                assert client.get(f"{url}/storage/v1/health").status_code == 200
    finally:
        server.stop()


def test_the_server_needs_no_qt():
    code = "import sys, engine.server; print([name for name in sys.modules if name.startswith('PySide6')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
