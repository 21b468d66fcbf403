"""Dialogs: what they refuse, what they ask for, and which button is under the Enter key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import shiboken6
from PySide6.QtCore import QDateTime, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.bridge.names import bucket_name_problem, name_problem
from app.bridge.operations import BucketDraft
from app.bridge.serving import ServerState, is_loopback, reachable_url
from app.dialogs.bucket_dialog import BucketDialog
from app.dialogs.delete_dialog import DeleteDialog
from app.dialogs.folder_dialog import FolderDialog
from app.dialogs.link_dialog import LinkDialog
from app.dialogs.moment_dialog import MomentDialog
from app.dialogs.quit_dialog import QuitDialog
from app.dialogs.retention_form import Keeping
from app.dialogs.server_dialog import ServerDialog
from app.look import Look
from app.settings import DAY_S, HOUR_S, WEEK_S
from app.widgets.qr import qr_image
from engine.types import NOTHING_KEPT, Retention, SignedUrl, TreeSize
from tests.app.helpers import make_bucket


@pytest.fixture
def parent(look: Look) -> Iterator[QWidget]:
    parent = QWidget()
    parent.show()
    yield parent
    shiboken6.delete(parent)


def test_new_bucket_says_everything_that_was_chosen(look: Look, parent: QWidget) -> None:
    dialog = BucketDialog(look, parent, bucket_name_problem)
    drafts = []
    dialog.submitted.connect(drafts.append)
    dialog.name.setText("photos")
    dialog.public.setChecked(True)
    dialog.limited.setChecked(True)
    dialog.limit_mb.setValue(20)
    dialog.types.setText("image/*, application/pdf")
    dialog.save.click()
    assert drafts == [BucketDraft("photos", True, 20_000_000, ("image/*", "application/pdf"))]


@pytest.mark.parametrize("name", ["", "   ", "a/b", "x" * 101])
def test_a_bucket_name_that_breaks_the_rules_can_not_be_sent(look: Look, parent: QWidget, name: str) -> None:
    dialog = BucketDialog(look, parent, bucket_name_problem)
    dialog.name.setText(name)
    assert not dialog.save.isEnabled()


def test_a_wrong_type_is_named_beside_its_field(look: Look, parent: QWidget) -> None:
    dialog = BucketDialog(look, parent, bucket_name_problem)
    dialog.name.setText("photos")
    dialog.types.setText("image/*, pictures")
    assert "pictures" in dialog.types_field.problem
    assert not dialog.save.isEnabled()


def test_a_refusal_of_the_engine_stands_beside_the_name(look: Look, parent: QWidget) -> None:
    dialog = BucketDialog(look, parent, bucket_name_problem)
    dialog.name.setText("photos")
    dialog.save.click()
    assert not dialog.save.isEnabled()
    dialog.refuse("The resource already exists")
    assert dialog.name_field.problem == "The resource already exists"
    assert dialog.save.isEnabled()


def test_settings_that_are_not_touched_stay_exact(look: Look, parent: QWidget) -> None:
    bucket = replace(make_bucket("photos", public=True), file_size_limit_bytes=1_234_567, allowed_mime_types=("a/b",))
    dialog = BucketDialog(look, parent, bucket_name_problem, bucket)
    assert dialog.draft() == BucketDraft("photos", True, 1_234_567, ("a/b",), NOTHING_KEPT)


@pytest.mark.parametrize(
    "kept", [NOTHING_KEPT, Retention(3), Retention(days=9), Retention(3, 9, 7), Retention(trash_days=1)]
)
def test_what_a_bucket_keeps_is_shown_and_stays(look: Look, parent: QWidget, kept: Retention) -> None:
    dialog = BucketDialog(look, parent, bucket_name_problem, replace(make_bucket("photos"), retention=kept))
    assert dialog.draft().retention == kept


def test_a_new_bucket_has_a_trash_for_thirty_days_unless_somebody_says_otherwise(look: Look, parent: QWidget) -> None:
    dialog = BucketDialog(look, parent, bucket_name_problem)
    assert dialog.draft().retention == Retention(trash_days=30)
    dialog.keeps.trash_days.setValue(7)
    dialog.keeps.keeping.setCurrentIndex(Keeping.LAST)
    dialog.keeps.versions.setValue(5)
    assert dialog.draft().retention == Retention(versions=5, trash_days=7)
    dialog.keeps.trash.setChecked(False)
    dialog.keeps.keeping.setCurrentIndex(Keeping.NONE)
    assert dialog.draft().retention == NOTHING_KEPT


def test_only_the_numbers_that_matter_are_shown(look: Look, parent: QWidget) -> None:
    keeps = BucketDialog(look, parent, bucket_name_problem).keeps
    for keeping in Keeping:
        keeps.keeping.setCurrentIndex(keeping)
        assert keeps.versions.isHidden() == (keeping in (Keeping.NONE, Keeping.DAYS))
        assert keeps.days.isHidden() == (keeping in (Keeping.NONE, Keeping.LAST))


@pytest.mark.parametrize("name", ["..", "a/b", "", "\x07"])
def test_a_folder_name_that_breaks_the_rules_can_not_be_sent(look: Look, parent: QWidget, name: str) -> None:
    dialog = FolderDialog(look, parent, "photos", name_problem)
    dialog.edit.setText(name)
    assert not dialog.confirm.isEnabled()


def test_deleting_waits_until_it_is_counted_and_enter_cancels(look: Look, parent: QWidget, qtbot: QtBot) -> None:
    dialog = DeleteDialog(look, parent, "Delete?", ["a", "b"], "Delete")
    confirmed = []
    dialog.confirmed.connect(lambda: confirmed.append(1))
    dialog.open()
    assert not dialog.confirm.isEnabled()
    dialog.show_size(TreeSize(1_234, 5_000_000))
    assert dialog.summary == "1,234 objects, 5.0 MB (5,000,000 bytes)"
    assert dialog.confirm.isEnabled()
    assert dialog.cancel.isDefault()
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert not dialog.isVisible()
    assert confirmed == []


def test_deleting_is_one_press_of_its_button(look: Look, parent: QWidget) -> None:
    dialog = DeleteDialog(look, parent, "Delete?", ["a"], "Delete")
    confirmed = []
    dialog.confirmed.connect(lambda: confirmed.append(1))
    dialog.show_size(TreeSize(1, 1))
    dialog.confirm.click()
    assert confirmed == [1]


def test_staying_is_the_default_when_quitting(look: Look, parent: QWidget, qtbot: QtBot) -> None:
    dialog = QuitDialog(look, parent)
    dialog.confirmed.connect(lambda: pytest.fail("quit"))
    dialog.open()
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert not dialog.isVisible()


def signed() -> SignedUrl:
    return SignedUrl("/storage/v1/object/b/p?token=t&expires=1", datetime.now(UTC) + timedelta(hours=1))


def test_presets_ask_for_a_new_link(look: Look, parent: QWidget) -> None:
    dialog = LinkDialog(look, parent, "a.txt", HOUR_S)
    wanted = []
    dialog.link_wanted.connect(wanted.append)
    for seconds in (DAY_S, WEEK_S, HOUR_S):
        dialog.choices.button(seconds).click()
    assert wanted == [DAY_S, WEEK_S, HOUR_S]


def test_a_date_of_ones_own_is_never_in_the_past(look: Look, parent: QWidget) -> None:
    dialog = LinkDialog(look, parent, "a.txt", HOUR_S)
    dialog.choices.button(0).click()
    dialog.when.setDateTime(dialog.when.minimumDateTime())
    assert dialog.expires_s >= 60 - 1


def test_the_link_is_complete_and_copied_as_shown(look: Look, parent: QWidget) -> None:
    dialog = LinkDialog(look, parent, "a.txt", HOUR_S)
    copied = []
    dialog.copy_wanted.connect(copied.append)
    dialog.show_server("http://192.168.1.5:80", running=True, local_only=False)
    assert not dialog.copy.isEnabled()
    dialog.show_link(signed())
    dialog.copy.click()
    assert copied == ["http://192.168.1.5:80/storage/v1/object/b/p?token=t&expires=1"]
    assert dialog.notice.text == ""


def test_a_server_that_is_off_is_a_warning_with_a_way_out(look: Look, parent: QWidget, qtbot: QtBot) -> None:
    dialog = LinkDialog(look, parent, "a.txt", HOUR_S)
    dialog.show_server("http://127.0.0.1:54321", running=False, local_only=True)
    assert "off" in dialog.notice.text
    with qtbot.waitSignal(dialog.server_wanted, timeout=1_000):
        dialog.notice.accepted.emit()


def test_a_server_for_this_computer_alone_is_a_warning_too(look: Look, parent: QWidget, qtbot: QtBot) -> None:
    dialog = LinkDialog(look, parent, "a.txt", HOUR_S)
    dialog.show_server("http://127.0.0.1:54321", running=True, local_only=True)
    assert "this computer alone" in dialog.notice.text
    with qtbot.waitSignal(dialog.server_settings_wanted, timeout=1_000):
        dialog.notice.accepted.emit()


def test_server_dialog_starts_with_what_was_chosen_and_stops(look: Look, parent: QWidget, qtbot: QtBot) -> None:
    dialog = ServerDialog(look, parent, "127.0.0.1", 54_321)
    dialog.show_state(ServerState.OFF, "")
    dialog.port.setValue(0)
    with qtbot.waitSignal(dialog.start_wanted, timeout=1_000) as started:
        dialog.switch.click()
    assert started.args == ["127.0.0.1", 0]
    dialog.show_state(ServerState.ON, "http://127.0.0.1:9")
    assert dialog.address.text() == "http://127.0.0.1:9"
    assert not dialog.port.isEnabled()
    with qtbot.waitSignal(dialog.stop_wanted, timeout=1_000):
        dialog.switch.click()


def test_a_host_that_is_gone_is_still_shown(look: Look, parent: QWidget) -> None:
    dialog = ServerDialog(look, parent, "10.99.99.99", 1)
    assert dialog.host.currentData() == "10.99.99.99"


@pytest.mark.parametrize(
    ("host", "local"), [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False)]
)
def test_loopback_is_recognised(host: str, local: bool) -> None:
    assert is_loopback(host) is local


def test_the_address_for_others_is_one_that_can_be_typed() -> None:
    assert "0.0.0.0" not in reachable_url("0.0.0.0", 80)
    assert reachable_url("::1", 80) == "http://[::1]:80"


def test_a_qr_code_has_its_three_corners(look: Look) -> None:
    image = qr_image("http://127.0.0.1:54321")
    edge = image.width() - 3
    corners = [image.pixelColor(x, y).lightness() for x, y in ((2, 2), (edge, 2), (2, edge))]
    assert max(corners) < 60
    assert image.pixelColor(0, 0).lightness() > 200


def test_how_far_back_a_bucket_can_be_shown_names_both_bounds(look: Look, parent: QWidget) -> None:
    bucket = replace(make_bucket("photos"), retention=Retention(versions=5, days=7))
    dialog = MomentDialog(look, parent, bucket, None)
    assert "for 7 days" in dialog.reach.text()
    assert "at most 5 old versions" in dialog.reach.text()


def test_of_a_young_bucket_the_present_is_proposed_until_more_is_known(look: Look, parent: QWidget) -> None:
    bucket = replace(make_bucket("photos"), created_at=datetime.now(UTC) - timedelta(minutes=5))
    dialog = MomentDialog(look, parent, bucket, None)
    assert dialog.when.dateTime().secsTo(QDateTime.currentDateTime()) < 60
    dialog.propose(bucket.created_at + timedelta(minutes=1))
    assert dialog.when.dateTime().secsTo(QDateTime.currentDateTime()) > 200
    chosen = dialog.when.dateTime()
    dialog.propose(bucket.created_at + timedelta(minutes=2))
    assert dialog.when.dateTime() == chosen
