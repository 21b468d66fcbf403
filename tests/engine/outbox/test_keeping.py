"""Events are kept for a while and up to a size; who missed some is told so."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import limits
from engine.backends.memory import MemoryBackend
from engine.cancel import CancelToken
from engine.config import load_settings
from engine.errors import Cancelled
from engine.outbox import EventPage, Wanted
from engine.outbox.pruning import Pruning, begin_anew
from engine.recovery.recovery import Recovery
from engine.secrets import FixedSecrets
from engine.times import now_us
from engine.types import Bucket, RlsContext, UploadOptions
from engine.workspace import Workspace, open_workspace

SERVICE = RlsContext.service()
LATER_US = (limits.EVENTS_KEPT_S + 60) * 1_000_000


def page(workspace: Workspace, after: int) -> EventPage:
    (found,) = workspace.storage.outbox.read([Wanted(after, SERVICE)])
    return found


def numbers(workspace: Workspace, count: int) -> list[int]:
    """Store objects and return the numbers of their events."""
    found = []
    for number in range(count):
        workspace.storage.upload("photos", f"{number}", b"1", SERVICE, UploadOptions(replace=True))
        found.append(workspace.storage.outbox.newest())
    return found


def test_what_is_young_stays(workspace: Workspace, photos: Bucket) -> None:
    Pruning(workspace._core.executor).run()

    assert len(page(workspace, 0).events) == 1


def test_what_is_old_goes_and_who_missed_it_is_told(workspace: Workspace, photos: Bucket) -> None:
    first, second = numbers(workspace, 2)

    Pruning(workspace._core.executor, lambda: now_us() + LATER_US).run()
    (third,) = numbers(workspace, 1)

    assert page(workspace, 0) == EventPage((), third, reset=True)
    assert page(workspace, first) == EventPage((), third, reset=True)
    assert [event.id for event in page(workspace, second).events] == [third]


def test_what_is_too_much_goes_from_its_beginning(
    workspace: Workspace, photos: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "EVENTS_BATCH", 2)
    found = numbers(workspace, 8)
    with workspace._core.executor.snapshot(SERVICE) as tx:
        size_bytes = tx.run_text("SELECT length(body) FROM storage_events WHERE id = ?", (found[-1],))[0][0]

    Pruning(workspace._core.executor, kept_bytes=3 * size_bytes).run()

    assert page(workspace, found[3]).reset
    assert [event.id for event in page(workspace, found[4]).events] == found[5:]


def test_who_reads_while_much_is_removed_is_told_what_is_missing(
    workspace: Workspace, photos: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "EVENTS_BATCH", 3)
    found = numbers(workspace, 8)
    looks: list[list[EventPage]] = []

    class Looking(CancelToken):
        """Reads what every number is followed by, each time before some more is removed."""

        def raise_if_cancelled(self) -> None:
            looks.append([page(workspace, after) for after in found])

    Pruning(workspace._core.executor, lambda: now_us() + LATER_US).run(Looking())
    looks.append([page(workspace, after) for after in found])

    assert len(looks) > 3
    for pages in looks:
        for at, one in enumerate(pages):
            assert one.reset or [event.id for event in one.events] == found[at + 1 :]


def test_what_is_old_behind_a_young_one_stays(workspace: Workspace, photos: Bucket) -> None:
    """A clock that was set back makes nothing old that came before."""
    found = numbers(workspace, 3)
    with workspace._core.executor.transaction(SERVICE) as tx:
        tx.run_text("UPDATE storage_events SET at = 1 WHERE id = ?", (found[1],))

    Pruning(workspace._core.executor).run()

    assert [event.id for event in page(workspace, found[0]).events] == found[1:]


def test_removing_can_be_cancelled(workspace: Workspace, photos: Bucket) -> None:
    cancel = CancelToken()
    cancel.cancel()

    with pytest.raises(Cancelled):
        Pruning(workspace._core.executor, lambda: now_us() + LATER_US).run(cancel)

    assert not page(workspace, 0).reset


def test_housekeeping_removes(workspace: Workspace, photos: Bucket) -> None:
    assert "events" in [job.name for job in workspace.housekeeping.jobs()]


@pytest.mark.parametrize("after", [-1, 2**62])
def test_a_number_that_never_was_is_no_place_to_go_on_from(workspace: Workspace, photos: Bucket, after: int) -> None:
    assert page(workspace, after) == EventPage((), workspace.storage.outbox.newest(), reset=True)


def test_a_moment_without_an_event_is_a_place_to_go_on_from(workspace: Workspace, photos: Bucket) -> None:
    moment = now_us()
    assert page(workspace, moment) == EventPage((), moment)

    (number,) = numbers(workspace, 1)

    assert [event.id for event in page(workspace, moment).events] == [number]


def test_a_database_that_takes_anothers_place_knows_nobodys_number(workspace: Workspace, photos: Bucket) -> None:
    known = workspace.storage.outbox.newest()

    begin_anew(workspace._core.executor)

    assert page(workspace, known).reset
    assert page(workspace, workspace.storage.outbox.newest()) == EventPage((), workspace.storage.outbox.newest())
    assert len(numbers(workspace, 1)) == 1
    assert page(workspace, known).reset


def test_after_a_rebuild_who_listened_is_told_to_begin_anew(data_dir: Path) -> None:
    settings = load_settings(data_dir, environ={})
    with open_workspace(settings, FixedSecrets(bytes(32))) as workspace:
        workspace.storage.create_bucket("photos", SERVICE)
        (known,) = numbers(workspace, 1)

    Recovery(settings).rebuild(force=True)

    with open_workspace(settings, FixedSecrets(bytes(32))) as workspace:
        workspace.storage.upload("photos", "new", b"1", SERVICE)
        assert page(workspace, known).reset


def test_numbers_go_on_after_a_restart(data_dir: Path) -> None:
    settings, backend = load_settings(data_dir, environ={}), MemoryBackend()
    with open_workspace(settings, FixedSecrets(bytes(32)), backend) as workspace:
        workspace.storage.create_bucket("photos", SERVICE)
        (known,) = numbers(workspace, 1)
    with open_workspace(settings, FixedSecrets(bytes(32)), MemoryBackend()) as workspace:
        workspace.storage.create_bucket("more", SERVICE)
        (event,) = page(workspace, known).events

    assert event.id > known
    assert event.bucket == "more"
