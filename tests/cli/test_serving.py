"""`serve`, `keys`, `sign` and `check`: the program as a process of its own, and its server over a real socket."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jwt
import pytest

from engine import workspace
from engine.instance import read_server
from engine.watch.watcher import Watcher
from tests.cli.conftest import MAIN, Holdall

STOP_S = 30


@contextmanager
def serving(data_dir: Path, *options: str, **environ: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `serve`; yield the process and its first line."""
    command = [sys.executable, str(MAIN), "serve", "--data-dir", str(data_dir), "--port", "0", *options]
    with subprocess.Popen(
        command, env=os.environ | environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        try:
            yield server, server.stdout.readline()
        finally:
            if server.poll() is None:
                server.kill()


def fetch(url: str, token: str | None = None) -> tuple[int, bytes]:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


@pytest.fixture
def stored(holdall: Holdall, tree: Path) -> bytes:
    """Put a tree into the bucket `b`; return the content of `b/tree/sub/b.bin`."""
    holdall("mb", "b")
    holdall("put", tree, "b")
    return (tree / "sub" / "b.bin").read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_tells_where_it_listens_and_a_signal_stops_it(data_dir: Path, number: signal.Signals):
    with serving(data_dir) as (server, line):
        assert line.startswith("listening on http://127.0.0.1:")
        base = line.removeprefix("listening on ").removesuffix("\n")
        assert base.endswith("/storage/v1")
        status, body = fetch(f"{base}/health")
        assert (status, json.loads(body)["healthy"]) == (200, True)
        server.send_signal(number)
        out, err = server.communicate(timeout=STOP_S)
        assert (server.returncode, out) == (0, "")
        assert "Traceback" not in err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_a_signal_before_it_listens_is_an_orderly_end_too(holdall: Holdall, monkeypatch: pytest.MonkeyPatch):
    real = workspace.open_workspace

    def interrupted(*arguments: Any) -> workspace.Workspace:
        signal.raise_signal(signal.SIGTERM)
        return real(*arguments)

    monkeypatch.setattr(workspace, "open_workspace", interrupted)
    assert holdall("serve", "--port", "0").out == ""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_it_stops_while_somebody_is_still_downloading(data_dir: Path, holdall: Holdall, tmp_path: Path):
    holdall("mb", "b", "--public")
    (tmp_path / "big").write_bytes(b"\0" * 30_000_000)
    holdall("put", tmp_path / "big", "b")
    with serving(data_dir) as (server, line):
        address = urllib.parse.urlsplit(line.split()[-1])
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=30)
        connection.request("GET", "/storage/v1/object/public/b/big")
        answer = connection.getresponse()
        assert answer.status == 200
        answer.read(1000)
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=STOP_S)
        assert server.returncode == 0
        connection.close()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_it_is_found_while_it_runs_and_not_afterwards(data_dir: Path, holdall: Holdall):
    found: list[str] = []

    def find_and_stop() -> None:
        while (url := read_server(data_dir)) is None:
            time.sleep(0.01)
        found.append(url)
        os.kill(os.getpid(), signal.SIGTERM)

    helper = threading.Thread(target=find_and_stop)
    helper.start()
    told = holdall("serve", "--port", "0").out
    helper.join()
    assert told == f"listening on {found[0]}/storage/v1\n"
    assert read_server(data_dir) is None


def test_a_program_is_told_as_json(data_dir: Path):
    with serving(data_dir, "--json") as (server, line):
        told = json.loads(line)
        assert told["url"] == f"http://127.0.0.1:{told['port']}/storage/v1"
        assert told["pid"] == server.pid


def test_a_port_in_use_is_a_clear_error(holdall: Holdall):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = holdall("serve", "--port", str(port), code=1)
    assert answer.out == ""
    assert answer.err.startswith("holdall: ")
    assert str(port) in answer.err
    assert "Traceback" not in answer.err


def test_an_address_that_is_not_ours_is_a_clear_error(holdall: Holdall):
    answer = holdall("serve", "--host", "192.0.2.1", "--port", "0", code=1)
    assert "192.0.2.1" in answer.err
    assert "Traceback" not in answer.err


def test_keys_open_the_server(data_dir: Path, holdall: Holdall, stored: bytes):
    keys = holdall("keys", "--json").document
    assert sorted(keys) == ["anon", "service_role"]
    assert [line.split() for line in holdall("keys").lines] == [[role, key] for role, key in keys.items()]
    with serving(data_dir) as (_, line):
        url = f"{line.split()[-1]}/object/b/tree/sub/b.bin"
        assert fetch(url, keys["service_role"]) == (200, stored)
        assert fetch(url, keys["anon"])[0] == 404


def test_keys_stay_the_same(holdall: Holdall):
    keys = holdall("keys", "--json").document
    assert holdall("keys", "--json").document == keys
    assert holdall("keys").lines == [f"anon          {keys['anon']}", f"service_role  {keys['service_role']}"]


def test_the_secret_of_the_environment_makes_the_keys(holdall: Holdall, monkeypatch: pytest.MonkeyPatch):
    secret = "a secret of at least thirty-two characters"
    monkeypatch.setenv("HOLDALL_JWT_SECRET", secret)
    keys = holdall("keys", "--json").document
    for role, key in keys.items():
        assert jwt.decode(key, secret, algorithms=["HS256"])["role"] == role
    monkeypatch.delenv("HOLDALL_JWT_SECRET")
    assert holdall("keys", "--json").document != keys


def test_the_data_folder_of_the_environment_is_used(data_dir: Path, holdall: Holdall):
    environ = os.environ | {"HOLDALL_DATA_DIR": str(data_dir)}
    subprocess.run([sys.executable, str(MAIN), "mb", "photos"], env=environ, check=True, timeout=60)
    assert [row["name"] for row in holdall("ls", "--json").document] == ["photos"]


def test_a_link_leads_to_the_running_server_and_opens_one_object(data_dir: Path, holdall: Holdall, stored: bytes):
    with serving(data_dir) as (_, line):
        base = line.split()[-1]
        answer = holdall("sign", "b/tree/sub/b.bin", "--expires", "3600")
        link = answer.out.removesuffix("\n")
        assert link.startswith(f"{base}/object/b/tree/sub/b.bin?token=")
        assert "\n" not in link
        assert fetch(link) == (200, stored)
        assert fetch(link.replace("b.bin", "__init__.py"))[0] == 400
        assert fetch(link.split("?")[0])[0] in (400, 403, 404)


def test_without_a_server_a_link_leads_to_where_it_would_be(holdall: Holdall, stored: bytes):
    told = holdall("sign", "b/tree/a.txt", "--expires", "60", "--json").document
    assert told["url"].startswith("http://127.0.0.1:54321/storage/v1/object/b/tree/a.txt?token=")
    assert told["expires_at"].endswith("Z")


def test_a_link_leads_to_the_address_of_the_environment(
    holdall: Holdall, stored: bytes, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOLDALL_HOST", "::1")
    monkeypatch.setenv("HOLDALL_PORT", "8080")
    assert holdall("sign", "b/tree/a.txt").out.startswith("http://[::1]:8080/storage/v1/object/b/tree/a.txt?token=")
    monkeypatch.setenv("HOLDALL_PORT", "http")
    assert "HOLDALL_PORT" in holdall("sign", "b/tree/a.txt", code=1).err


def test_the_address_of_the_environment_is_served(data_dir: Path, holdall: Holdall, stored: bytes):
    with serving(data_dir, HOLDALL_HOST="localhost", HOLDALL_PORT="1") as (_, line):
        base = line.split()[-1]
        assert base.startswith("http://localhost:")
        with serving(data_dir) as (later, _):
            later.terminate()
            later.communicate(timeout=STOP_S)
        assert holdall("sign", "b/tree/a.txt").out.startswith(base)


def test_names_of_all_kinds_are_encoded_in_the_link(holdall: Holdall, stored: bytes):
    link = holdall("sign", "b/tree/sub/deep/with 'quotes' & spaces.txt").out
    assert " " not in link
    assert "%20%26%20" in link


def test_only_an_object_can_be_signed(holdall: Holdall, stored: bytes):
    for path in ("gone", "tree/sub", "tree/sub/"):
        assert path in holdall("sign", f"b/{path}", code=1).err


def test_check_finds_nothing_wrong_with_a_sound_workspace(holdall: Holdall, stored: bytes):
    assert "all is well" in holdall("check").out
    told = holdall("check", "--json").document
    assert (told["clean"], told["findings"]) == (True, [])
    assert told["objects"] >= 7


def test_check_finds_what_is_wrong_and_repairs_what_it_can(holdall: Holdall, data_dir: Path, stored: bytes):
    files = {path.name: path for path in (data_dir / "storage").rglob("*") if path.is_file()}
    files["a.txt"].unlink()
    damaged = files["b.bin"]
    damaged.write_bytes(damaged.read_bytes().replace(b"\xff", b"\xfe"))
    stranger = damaged.with_name("stranger")
    stranger.write_text("nobody's")
    told = holdall("check", "--json", code=1).document
    assert {finding["kind"] for finding in told["findings"]} == {"missing", "damaged", "orphaned"}
    assert not any(finding["repaired"] for finding in told["findings"])
    text = holdall("check", code=1).out
    assert "b/tree/a.txt" in text
    assert "b/tree/sub/b.bin" in text
    assert "3 problems, 0 repaired" in text
    repaired = holdall("check", "--repair", "--json", code=1).document
    assert not repaired["clean"]
    assert any(finding["repaired"] for finding in repaired["findings"])
    left = holdall("check", "--json", code=1).document["findings"]
    assert [finding for finding in repaired["findings"] if finding["repaired"] and finding in left] == []


def test_every_command_works_beside_a_running_server(data_dir: Path, holdall: Holdall, tree: Path, tmp_path: Path):
    with serving(data_dir) as (_, line):
        holdall("mb", "beside", "--public")
        holdall("put", tree, "beside")
        assert fetch(f"{line.split()[-1]}/object/public/beside/tree/a.txt") == (200, b"first")
        holdall("get", "beside/tree", tmp_path / "back")
        holdall("rm", "-r", "beside/tree/sub")
        assert fetch(f"{line.split()[-1]}/object/public/beside/tree/sub/b.bin")[0] == 404
        holdall("check")


def test_the_server_follows_what_other_programs_do_to_the_files(holdall: Holdall, stored: bytes, data_dir: Path):
    def sizes() -> dict[str, int]:
        return {row["path"]: row.get("size_bytes", 0) for row in holdall("ls", "-r", "b", "--json").document}

    with serving(data_dir, HOLDALL_OUTSIDE_CHANGES="take-in"):
        (file,) = (data_dir / "storage").glob("*/tree/sub/b.bin")
        deadline = time.monotonic() + 3 * STOP_S
        while sizes()["tree/sub/b.bin"] != 6:
            assert time.monotonic() < deadline
            # Nothing tells when it begins to watch: whoever edits again later is noticed in any case.
            file.write_bytes(b"edited")
            time.sleep(3)


def test_one_shot_commands_follow_nothing(holdall: Holdall, stored: bytes, monkeypatch: pytest.MonkeyPatch):
    started = []
    monkeypatch.setattr(Watcher, "start", started.append)
    holdall("ls", "b")
    assert not started
