"""What is kept: buckets and their rules, versions, trash, the past, damage."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtWidgets import QScrollArea

from app.actions import ActionId
from app.dialogs.bucket_dialog import BucketDialog
from app.dialogs.delete_dialog import DeleteDialog
from app.dialogs.moment_dialog import MomentDialog
from app.dialogs.path_dialog import PathDialog
from app.dialogs.trash_dialog import TrashDialog
from engine.files.throttle import ProgressMeter
from engine.types import BucketChanges
from tests.app.helpers import Desk
from tests.screenshots.props import act, furnish


def new_bucket(desk: Desk) -> None:
    furnish(desk)
    act(desk, ActionId.NEW_BUCKET)
    dialog = desk.dialog(BucketDialog)
    dialog.name.setText("holiday")
    dialog.keeps.keeping.setCurrentIndex(3)


def bucket_refused(desk: Desk) -> None:
    furnish(desk)
    act(desk, ActionId.NEW_BUCKET)
    dialog = desk.dialog(BucketDialog)
    dialog.name.setText("holiday")
    dialog.refuse("The disk is full. Make room on the disk that holds the storage folder; nothing was changed.")


def bucket_settings(desk: Desk) -> None:
    furnish(desk)
    changes = BucketChanges(file_size_limit_bytes=50_000_000, allowed_mime_types=("image/*", "text/plain"))
    desk.storage.update_bucket("photos", desk.me, changes)
    desk.session.controllers.navigator.refresh()
    desk.until(lambda: bool(desk.tree.model().buckets[0].allowed_mime_types))
    act(desk, ActionId.BUCKET_PROPERTIES)
    desk.dialog(BucketDialog)


def delete_for_good(desk: Desk) -> None:
    furnish(desk)
    desk.select("2026", "letter.txt")
    act(desk, ActionId.DELETE_FOR_GOOD)
    desk.dialog(DeleteDialog)


def delete_bucket(desk: Desk) -> None:
    furnish(desk)
    act(desk, ActionId.DELETE_BUCKET)
    desk.dialog(DeleteDialog)


def trash(desk: Desk) -> None:
    furnish(desk)
    for path in ("notes.txt", "2026/summer/beach.jpg", "letter.txt"):
        desk.storage.delete("photos", path, desk.me)
    desk.put("letter.txt", b"new")
    act(desk, ActionId.TRASH)
    dialog = desk.dialog(TrashDialog)
    desk.until(lambda: dialog.table.model().rowCount() == 3)
    dialog.table.selectRow(0)


def restore_elsewhere(desk: Desk) -> None:
    trash(desk)
    desk.dialog(TrashDialog).restore_to.click()
    desk.dialog(PathDialog)


def trash_empty(desk: Desk) -> None:
    furnish(desk)
    act(desk, ActionId.TRASH)
    desk.dialog(TrashDialog)


def versions(desk: Desk) -> None:
    furnish(desk)
    for content in (b"Hello\nnew world\n", b"Hello\nold world, third\n", b"x" * 3000):
        desk.put("notes.txt", content)
    act(desk, ActionId.INSPECTOR)
    desk.select("notes.txt")
    desk.until(lambda: desk.views.inspector.versions.list.count() > 0)
    desk.views.inspector.versions.list.setCurrentRow(0)
    scroll = desk.views.inspector.findChild(QScrollArea)
    scroll.ensureWidgetVisible(desk.views.inspector.versions)


def the_past(desk: Desk) -> None:
    furnish(desk)
    then = datetime.now(UTC)
    desk.storage.delete("photos", "notes.txt", desk.me)
    desk.session.controllers.navigator.go_in_time("photos", then)


def which_moment(desk: Desk) -> None:
    furnish(desk)
    act(desk, ActionId.AS_IT_WAS)
    desk.dialog(MomentDialog)


def damaged(desk: Desk) -> None:
    furnish(desk)
    bucket = desk.storage.get_bucket("photos", desk.me)
    root = desk.session._side._workspace.settings.storage_dir / bucket.id
    (root / "notes.txt").unlink()
    (root / "budget.csv").write_bytes(b"a,b\n1,3\n")
    desk.session._side._workspace.housekeeping.scrub.run(desk.me, ProgressMeter(None, None))
    act(desk, ActionId.INSPECTOR)
    desk.select("notes.txt")


SCENES = (
    new_bucket, bucket_refused, bucket_settings, delete_for_good, delete_bucket, trash, restore_elsewhere,
    trash_empty, versions, the_past, which_moment, damaged,
)  # fmt: skip
