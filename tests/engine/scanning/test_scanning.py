"""Uploads are scanned before they are committed, by whichever way they come, where that is set up."""

from __future__ import annotations

import io
import itertools
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from engine.access_types import AuditFilter
from engine.cancel import CancelToken
from engine.config import OutsideChanges, Settings, load_settings
from engine.context import Operation
from engine.errors import Cancelled, InvalidRequest, StorageError
from engine.events import OutsideChange
from engine.scanning.clamd import Clamd, ClamdAddress
from engine.scanning.errors import InfectedContent, ScannerUnavailable, TooLargeToScan
from engine.secrets import FixedSecrets
from engine.types import RlsContext, UploadItem, UploadOptions
from engine.watch.guard import Guard
from engine.watch.looks import Suspect, claims_by_key
from engine.watch.reporting import Reporting
from engine.watch.settling import Settlement
from engine.watch.taking_in import TakingIn
from engine.workspace import Workspace, open_workspace
from tests.engine.scanning.clamds import BAD, SIGNATURE, FakeClamd, fake_clamd, real_clamd

ME = RlsContext.service("me")
GOOD = b"harmless " * 100_000
Opener = Callable[..., Workspace]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder whose name is short enough for a socket's."""
    with tempfile.TemporaryDirectory(prefix="clamd-") as made:
        yield Path(made)


@pytest.fixture
def clamd(folder: Path) -> Iterator[tuple[FakeClamd, str]]:
    with fake_clamd(folder / "clamd.ctl") as running:
        yield running


@pytest.fixture
def opened(data_dir: Path) -> Iterator[Opener]:
    """Return a function that opens the workspace with a scanner, with a bucket `b`."""
    with ExitStack() as stack:

        def open_with(address: str, **settings: object) -> Workspace:
            chosen = replace(Settings(data_dir, clamd=ClamdAddress.parse(address), scan_timeout_s=20), **settings)
            workspace = stack.enter_context(open_workspace(chosen, FixedSecrets(bytes(32))))
            workspace.storage.create_bucket("b", ME)
            return workspace

        yield open_with


def staged(workspace: Workspace) -> list[str]:
    folder = workspace.settings.storage_dir / ".staging"
    return [path.name for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]


def by_path(workspace: Workspace, data: bytes, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(data)
    workspace.storage.upload("b", "a/x", tmp_path / "source", ME)


def by_bytes(workspace: Workspace, data: bytes, _: Path) -> None:
    workspace.storage.upload("b", "a/x", data, ME)


def by_stream(workspace: Workspace, data: bytes, _: Path) -> None:
    workspace.storage.upload("b", "a/x", io.BytesIO(data), ME)


def by_session(workspace: Workspace, data: bytes, _: Path) -> None:
    with workspace.storage.begin_upload("b", "a/x", ME) as session:
        session.write(data)
        session.commit()


def in_bulk(workspace: Workspace, data: bytes, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(data)
    report = workspace.storage.upload_many("b", [UploadItem(tmp_path / "source", "a/x")], ME)
    for failure in report.failures:
        raise failure.error


WAYS = [by_path, by_bytes, by_stream, by_session, in_bulk]


@pytest.mark.parametrize("way", WAYS)
def test_what_is_infected_is_not_stored(clamd: tuple[FakeClamd, str], opened: Opener, way, tmp_path: Path):
    workspace = opened(clamd[1])
    with pytest.raises(InfectedContent, match=SIGNATURE) as caught:
        way(workspace, GOOD + BAD, tmp_path)
    assert caught.value.path == "a/x"
    assert not workspace.storage.exists("b", "a/x", ME)
    assert staged(workspace) == []


@pytest.mark.parametrize("way", WAYS)
def test_what_is_clean_is(clamd: tuple[FakeClamd, str], opened: Opener, way, tmp_path: Path):
    workspace = opened(clamd[1])
    way(workspace, GOOD, tmp_path)
    assert clamd[0].seen == [GOOD]
    with workspace.storage.open_object("b", "a/x", ME) as reader:
        assert reader.read() == GOOD


def test_an_object_stays_as_it_was_when_what_was_to_replace_it_is_infected(
    clamd: tuple[FakeClamd, str], opened: Opener
):
    workspace = opened(clamd[1])
    workspace.storage.upload("b", "x", b"before", ME)
    with pytest.raises(InfectedContent):
        workspace.storage.upload("b", "x", BAD, ME, UploadOptions(replace=True))
    with workspace.storage.open_object("b", "x", ME) as reader:
        assert reader.read() == b"before"


def test_of_many_only_the_infected_are_refused(clamd: tuple[FakeClamd, str], opened: Opener, tmp_path: Path):
    workspace = opened(clamd[1])
    for number in range(9):
        (tmp_path / str(number)).write_bytes(BAD if number in (0, 4, 8) else b"good %d" % number)
    items = [UploadItem(tmp_path / str(number), f"x/{number}") for number in range(9)]
    report = workspace.storage.upload_many("b", items, ME)
    assert report.done == 6
    assert [(failure.path, failure.error.code) for failure in report.failures] == [
        (f"x/{number}", "InfectedContent") for number in (0, 4, 8)
    ]
    for number in (1, 2, 3, 5, 6, 7):
        with workspace.storage.open_object("b", f"x/{number}", ME) as reader:
            assert reader.read() == b"good %d" % number


def test_verdicts_are_in_the_audit(clamd: tuple[FakeClamd, str], opened: Opener):
    workspace = opened(clamd[1])
    workspace.storage.upload("b", "good", b"good", ME)
    with pytest.raises(InfectedContent):
        workspace.storage.upload("b", "bad", BAD, ME)
    workspace.audit.flush()
    entries = workspace.audit.page(AuditFilter(), RlsContext.service()).entries
    uploads = {entry.path: entry for entry in entries if entry.operation == Operation.OBJECT_UPLOAD}
    assert uploads["good"].detail["scan"] == {"by": "clamd", "clean": 1, "unscanned": 0}
    assert SIGNATURE in str(uploads["bad"].detail)
    assert "InfectedContent" in str(uploads["bad"].detail)


@pytest.mark.parametrize("way", WAYS)
def test_without_the_scanner_nothing_is_taken(folder: Path, opened: Opener, way, tmp_path: Path):
    workspace = opened(str(folder / "nobody"))
    with pytest.raises(ScannerUnavailable):
        way(workspace, GOOD, tmp_path)
    assert not workspace.storage.exists("b", "a/x", ME)
    assert staged(workspace) == []


@pytest.mark.parametrize("way", WAYS)
def test_unless_that_is_wanted(folder: Path, opened: Opener, way, tmp_path: Path):
    workspace = opened(str(folder / "nobody"), accept_unscanned=True)
    way(workspace, GOOD, tmp_path)
    (entry,) = [
        entry for entry in workspace.audit.page(AuditFilter(), RlsContext.service()).entries if "scan" in entry.detail
    ]
    assert entry.detail["scan"] == {"by": "clamd", "clean": 0, "unscanned": 1}


@pytest.mark.parametrize("ours", [True, False], ids=["our bound", "the scanner's"])
def test_what_is_too_large_to_scan_is_refused(clamd: tuple[FakeClamd, str], opened: Opener, ours: bool):
    clamd[0].stream_max_bytes = 10**9 if ours else 300_000
    workspace = opened(clamd[1], scan_max_bytes=300_000 if ours else 10**9)
    with pytest.raises(TooLargeToScan):
        workspace.storage.upload("b", "x", GOOD, ME)
    workspace.storage.upload("b", "small", b"small", ME)
    assert not workspace.storage.exists("b", "x", ME)


def test_what_is_said_to_be_too_large_is_refused_before_its_first_byte(clamd: tuple[FakeClamd, str], opened: Opener):
    storage = opened(clamd[1], scan_max_bytes=300_000).storage
    with pytest.raises(TooLargeToScan):
        storage.resumable.begin("b", "x", ME, size_bytes=300_001)
    with pytest.raises(TooLargeToScan):
        storage.begin_upload("b", "x", ME, size_hint=300_001)
    storage.resumable.begin("b", "x", ME, size_bytes=300_000)


def test_a_scanner_that_never_answers_is_waited_for_so_long(clamd: tuple[FakeClamd, str]):
    clamd[0].silent = True
    with pytest.raises(ScannerUnavailable, match="did not answer"):
        Clamd(ClamdAddress.parse(clamd[1]), 0.05).scan(iter([b"x"]))


@pytest.mark.parametrize(
    "answer",
    [b"", b"\0", b"stream: OK", b"OK\0", b"stream: \0", b"<html>\0", b"x" * 10_000, b"stream: MAYBE\0", b"\xff\0"],
)
def test_no_other_answer_is_taken_for_a_clean_verdict(clamd: tuple[FakeClamd, str], answer: bytes):
    clamd[0].answer = answer or b"\n"
    with pytest.raises(ScannerUnavailable):
        Clamd(ClamdAddress.parse(clamd[1]), 20).scan(iter([b"x"]))


def test_at_a_port():
    with fake_clamd() as (clamd, address):
        scanner = Clamd(ClamdAddress.parse(f"tcp://{address}"), 20)
        assert scanner.scan(iter([b"x" * 10, b"", BAD])) == SIGNATURE
        assert scanner.scan(iter([])) is None
        assert clamd.seen == [b"x" * 10 + BAD, b""]


@pytest.mark.parametrize("text", ["", "localhost", "host:0", "host:99999", "relative/path", "a b:1", "tcp://:1"])
def test_what_is_no_address(text: str):
    with pytest.raises(InvalidRequest):
        ClamdAddress.parse(text)


def test_the_settings_come_from_the_environment(data_dir: Path):
    environ = {
        "HOLDALL_CLAMD": "[::1]:3310",
        "HOLDALL_SCAN_MAX_BYTES": "1000",
        "HOLDALL_SCAN_TIMEOUT_S": "7",
        "HOLDALL_UNSCANNED": "allow",
    }
    settings = load_settings(data_dir, environ)
    assert settings.clamd == ClamdAddress(host="::1", port=3310)
    assert (settings.scan_max_bytes, settings.scan_timeout_s, settings.accept_unscanned) == (1000, 7, True)
    assert load_settings(data_dir, {}).clamd is None


@pytest.mark.skipif(shutil.which("clamd") is None, reason="clamd is not installed (Debian: clamav-daemon)")
def test_with_clamav_itself(folder: Path, opened: Opener):
    with real_clamd(folder) as address:
        workspace = opened(address, scan_max_bytes=10**9)
        workspace.storage.upload("b", "good", GOOD[:500_000], ME)
        with pytest.raises(InfectedContent, match=SIGNATURE):
            workspace.storage.upload("b", "bad", b"begins well " + BAD, ME)
        with pytest.raises(StorageError) as caught:
            workspace.storage.upload("b", "large", b"x" * 3_000_000, ME)
        assert isinstance(caught.value, TooLargeToScan)
        assert not workspace.storage.exists("b", "bad", ME)


class TestCancelling:
    @pytest.mark.parametrize("in_parts", [False, True])
    def test_a_scan_that_goes_on_is_given_up(
        self, clamd: tuple[FakeClamd, str], opened: Opener, tmp_path: Path, in_parts: bool
    ):
        clamd[0].silent = True
        workspace, cancel = opened(clamd[1]), CancelToken()
        (tmp_path / "source").write_bytes(GOOD)
        with ThreadPoolExecutor(1) as thread:
            if in_parts:
                upload = workspace.storage.resumable.begin("b", "x", ME, size_bytes=len(GOOD))
                session = workspace.storage.resumable.resume(upload.id, 0, ME)
                session.write(GOOD)
                storing = thread.submit(session.commit, cancel)
            else:
                storing = thread.submit(workspace.storage.upload, "b", "x", tmp_path / "source", ME, cancel=cancel)
            clamd[0].heard.wait(20)
            assert not storing.done()
            cancel.cancel()
            with pytest.raises(Cancelled):
                storing.result(20)
        assert not workspace.storage.exists("b", "x", ME)
        assert staged(workspace) == []
        if in_parts:
            assert workspace.storage.resumable.find(upload.id, ME).offset_bytes == 0

    def test_a_scanner_that_takes_nothing_can_be_given_up_as_well(self):
        cancel = CancelToken()
        with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as thread:
            scanner = Clamd(ClamdAddress.parse(f"127.0.0.1:{listener.getsockname()[1]}"), 20)
            scanning = thread.submit(scanner.scan, itertools.repeat(b"x" * 1_000_000), cancel.raise_if_cancelled)
            connection, _ = listener.accept()
            cancel.cancel()
            with pytest.raises(Cancelled):
                scanning.result(20)
            connection.close()


class TestTakingIn:
    """Files that other programs put into the storage folder."""

    @pytest.fixture
    def taking(self, opened: Opener, clamd: tuple[FakeClamd, str]) -> tuple[Workspace, TakingIn]:
        workspace = opened(clamd[1])
        ground = workspace.watcher._ground
        return workspace, TakingIn(ground, Reporting(ground), lambda _: None)

    def put(self, workspace: Workspace, name: str, data: bytes) -> str:
        """Put a file where an object of that name would be, and return its key."""
        key = f"{workspace.storage.get_bucket('b', ME).id}/{name}"
        path = workspace.settings.storage_dir / key
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return key

    @pytest.mark.parametrize("answer", [None, b"stream: out of order\0"])
    def test_a_new_file_is_scanned(
        self, taking: tuple[Workspace, TakingIn], clamd: tuple[FakeClamd, str], answer: bytes | None
    ):
        workspace, taking_in = taking
        clamd[0].answer = answer
        told: list[OutsideChange] = []
        unsubscribe = workspace.storage.events.subscribe(
            lambda event: told.append(event) if isinstance(event, OutsideChange) else None
        )
        for name, data in (("bad", BAD), ("good", b"good")):
            taking_in.begin_round()
            taking_in.added(self.put(workspace, name, data))
        unsubscribe()
        assert clamd[0].seen == [BAD, b"good"]
        assert not workspace.storage.exists("b", "bad", ME)
        assert workspace.storage.exists("b", "good", ME) is (answer is None)
        assert [(one.path, one.taken_in) for one in told] == [("bad", False), ("good", answer is None)]
        if answer is None:
            (entry,) = workspace.housekeeping.audit.newest(1)
            assert entry.detail["scan"] == {"by": "clamd", "clean": 1, "unscanned": 0}

    def test_an_edited_file_is_scanned(self, taking: tuple[Workspace, TakingIn], clamd: tuple[FakeClamd, str]):
        workspace, taking_in = taking
        first = workspace.storage.upload("b", "a", b"first", ME)
        key = self.put(workspace, "a", BAD)
        ground = workspace.watcher._ground
        with ground.executor.snapshot(RlsContext.service()) as tx:
            claim = claims_by_key(tx, [key])[key]
        content = ground.files.read(key, lambda _: None)
        assert content is not None
        taking_in.edited(claim, content)
        assert workspace.storage.info("b", "a", ME).checksum == first.checksum
        assert workspace.storage.info("b", "a", ME).problem is not None

    @pytest.mark.parametrize("lets_in", [False, True])
    def test_a_scanner_that_does_not_answer_is_waited_for_once_a_round(
        self, opened: Opener, clamd: tuple[FakeClamd, str], lets_in: bool
    ):
        clamd[0].answer = b"stream: out of order\0"
        workspace = opened(clamd[1], accept_unscanned=lets_in)
        keys = [self.put(workspace, name, name.encode()) for name in ("a", "b", "c")]
        settlement = Settlement(
            workspace.watcher._ground, Guard(workspace.watcher._ground.executor), lambda _: None, lambda *_: None
        )
        settlement.way = OutsideChanges.TAKE_IN
        settlement.settle(Suspect(key, None, True) for key in keys)
        assert clamd[0].seen == [b"a"]
        assert {workspace.storage.exists("b", name, ME) for name in ("a", "b", "c")} == {lets_in}

        clamd[0].answer = None
        settlement.settle([Suspect(self.put(workspace, "d", b"d"), None, True)])
        assert workspace.storage.exists("b", "d", ME)
