"""Searching in all buckets at once: what is found is as good as what a folder shows, and Back comes back to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from app.actions import ActionId
from app.bridge.operations import Removal
from app.bridge.reversals import Reversed
from app.bridge.trashings import Untrashing
from app.cargo import Motion
from app.delegates.marks import shown_spans, spans_in
from app.dialogs.delete_dialog import DeleteDialog
from app.history import History, Spot
from app.location import Location
from app.models.searches import Scope, Search
from engine.errors import Cancelled, DatabaseLocked
from engine.types import BucketChanges, Retention, UploadOptions
from tests.app.helpers import Desk


def two_buckets(desk: Desk) -> Desk:
    """Store reports of the same name in two buckets, the second with a trash."""
    desk.bucket("letters")
    desk.storage.upload("letters", "2026/report.txt", b"letter", desk.me)
    desk.bucket("photos", retention=Retention(trash_days=30))
    desk.storage.upload("photos", "2026/report.txt", b"photo", desk.me)
    desk.put("sunset.png")
    return desk


def search(desk: Desk, text: str) -> None:
    desk.session.actions[ActionId.SEARCH].trigger()
    QTest.keyClicks(desk.views.pane.filter.field, text)
    desk.until(lambda: desk.model.view is not None and desk.model.view.search.text == text)


def found(desk: Desk) -> Desk:
    two_buckets(desk)
    search(desk, "REPORT")
    desk.until(lambda: sorted(desk.names) == ["letters/2026/report.txt", "photos/2026/report.txt"])
    return desk


def choose_row(desk: Desk, label: str) -> None:
    desk.table.setFocus()
    desk.table.selectRow(desk.names.index(label))
    desk.session._tracker.update()


def test_every_bucket_is_searched_and_what_comes_into_another_one_appears(desk: Desk) -> None:
    found(desk)

    desk.storage.upload("letters", "the report.txt", b"x", desk.me)

    desk.until(lambda: len(desk.names) == 3)
    assert desk.views.pane.filter.count.text() == "3 found"


def test_what_was_found_in_another_bucket_is_deleted_there_and_nowhere_else(desk: Desk) -> None:
    found(desk)
    desk.go("letters")
    search(desk, "report")
    desk.until(lambda: len(desk.names) == 2)
    choose_row(desk, "photos/2026/report.txt")
    assert desk.session.actions[ActionId.DELETE].text() == "Mov&e to trash"

    desk.session.actions[ActionId.DELETE].trigger()

    desk.until(lambda: desk.names == ["letters/2026/report.txt"])
    assert not desk.storage.exists("photos", "2026/report.txt", desk.me)
    assert desk.storage.exists("letters", "2026/report.txt", desk.me)
    desk.session.actions[ActionId.UNDO].trigger()
    desk.until(lambda: len(desk.names) == 2)


def test_commands_for_a_bucket_are_about_the_one_that_is_shown_and_name_it(desk: Desk) -> None:
    found(desk)
    choose_row(desk, "letters/2026/report.txt")
    empty = desk.session.actions[ActionId.EMPTY_BUCKET]
    assert empty.text() == "&Empty bucket… (photos)"

    empty.trigger()
    dialog = desk.dialog(DeleteDialog)
    desk.until(dialog.confirm.isEnabled)
    dialog.confirm.click()

    desk.until(lambda: desk.names == ["letters/2026/report.txt"])
    assert not desk.storage.tree_size("photos", "", desk.me).objects
    desk.go("letters")
    desk.session._tracker.update()
    assert empty.text() == "&Empty bucket…"


def test_what_was_found_is_renamed_in_its_own_bucket(desk: Desk) -> None:
    found(desk)
    row = desk.names.index("letters/2026/report.txt")

    desk.model.setData(desk.model.index(row, 0), "answer to the report.txt")

    desk.until(lambda: "letters/2026/answer to the report.txt" in desk.names)
    assert desk.storage.exists("photos", "2026/report.txt", desk.me)


def test_rows_of_the_same_path_are_two_rows(desk: Desk) -> None:
    found(desk)
    choose_row(desk, "photos/2026/report.txt")

    desk.storage.upload("letters", "a report.txt", b"x", desk.me)

    desk.until(lambda: len(desk.names) == 3)
    assert [desk.model.row(number).label for span in desk.table.ranges for number in span] == ["photos/2026/report.txt"]


def test_what_policies_keep_in_one_bucket_is_told_though_another_was_given_up(desk: Desk) -> None:
    teller = desk.session.controllers.editing._teller
    era = desk.session.controllers.undo.era
    teller.tell([Removal(0, ended=Cancelled("stopped"))], era)
    assert not desk.toast.isVisible()
    teller.tell([Removal(0, ended=Cancelled("stopped")), Removal(0, refused=2)], era)
    assert "policies do not let these be deleted: 2 objects" in desk.toast.text


def select_all(desk: Desk) -> None:
    desk.session.actions[ActionId.SELECT_ALL].trigger()
    desk.session._tracker.update()


def test_things_of_several_buckets_go_to_their_trashes_and_come_back_at_once(desk: Desk) -> None:
    two_buckets(desk)
    desk.storage.update_bucket("letters", desk.me, BucketChanges(retention=Retention(trash_days=30)))
    desk.session.controllers.navigator.refresh()
    desk.until(lambda: desk.session.controllers.navigator.bucket_named("letters").retention.trash_days == 30)
    search(desk, "report")
    both = ["letters/2026/report.txt", "photos/2026/report.txt"]
    desk.until(lambda: sorted(desk.names) == both)
    select_all(desk)

    desk.session.actions[ActionId.DELETE].trigger()

    undo = desk.session.controllers.undo
    desk.until(lambda: undo.undo_name == "move of 2 objects to the trash")
    desk.until(lambda: desk.names == [])
    undo.undo()
    desk.until(lambda: undo.redo_name == "move of 2 objects to the trash")
    desk.until(lambda: sorted(desk.names) == both)
    undo.redo()
    desk.until(lambda: desk.names == [] and bool(undo.undo_name))
    undo.undo()
    desk.until(lambda: sorted(desk.names) == both)


def test_what_a_locked_database_kept_from_coming_back_is_said_and_can_be_tried_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_buckets(desk)
    desk.storage.update_bucket("letters", desk.me, BucketChanges(retention=Retention(trash_days=30)))
    desk.session.controllers.navigator.refresh()
    desk.until(lambda: desk.session.controllers.navigator.bucket_named("letters").retention.trash_days == 30)
    search(desk, "report")
    desk.until(lambda: len(desk.names) == 2)
    select_all(desk)
    desk.session.actions[ActionId.DELETE].trigger()
    undo, run = desk.session.controllers.undo, Untrashing.run
    desk.until(lambda: undo.undo_name == "move of 2 objects to the trash" and desk.names == [])
    failures, tried = [DatabaseLocked("The database is locked")], list[str]()

    def second_fails(part: Untrashing, *args: Any) -> Reversed:
        tried.append(part.bucket)
        if len(set(tried)) == 2 and failures:
            raise failures.pop()
        return run(part, *args)

    monkeypatch.setattr(Untrashing, "run", second_fails)
    undo.undo()

    desk.until(lambda: "but not all of it: the rest can be tried again" in desk.toast.text)
    assert "changed since" not in desk.toast.text
    desk.until(lambda: bool(undo.undo_name) and bool(undo.redo_name) and len(desk.names) == 1)
    undo.undo()
    desk.until(lambda: sorted(desk.names) == ["letters/2026/report.txt", "photos/2026/report.txt"])
    desk.until(lambda: not undo.undo_name)
    assert tried[1] == tried[2] != tried[0]


def test_only_what_would_be_lost_is_asked_about(desk: Desk) -> None:
    found(desk)
    select_all(desk)
    assert desk.session.actions[ActionId.DELETE].text() == "D&elete…"

    desk.session.actions[ActionId.DELETE].trigger()

    dialog = desk.dialog(DeleteDialog)
    desk.until(lambda: dialog.summary == "1 object, 6 bytes")
    desk.until(lambda: desk.names == ["letters/2026/report.txt"])
    assert desk.session.controllers.undo.undo_name == "move of 1 object to the trash"
    dialog.reject()
    assert desk.storage.exists("letters", "2026/report.txt", desk.me)


def test_things_of_several_buckets_are_deleted_for_good_after_one_question(desk: Desk) -> None:
    found(desk)
    select_all(desk)

    desk.session.actions[ActionId.DELETE_FOR_GOOD].trigger()

    dialog = desk.dialog(DeleteDialog)
    desk.until(lambda: dialog.summary == "2 objects, 11 bytes")
    desk.storage.upload("letters", "2026/report.txt", b"newer", desk.me, UploadOptions(replace=True))
    dialog.confirm.click()
    desk.until(lambda: desk.toast.text == "1 object deleted; kept what arrived since: 1 object")
    desk.until(lambda: desk.names == ["letters/2026/report.txt"])


def test_things_of_several_buckets_are_downloaded_at_once(desk: Desk, monkeypatch) -> None:
    found(desk)
    desk.session.actions[ActionId.SELECT_ALL].trigger()
    desk.session._tracker.update()
    asked = []
    monkeypatch.setattr("app.controllers.moving.choose_folder", lambda *_: asked.append(_))

    desk.session.actions[ActionId.DOWNLOAD].trigger()

    assert len(asked) == 1
    assert asked[0][2].title == "Download 2 items to"


def test_the_enclosing_folder_opens_with_it_selected_and_back_returns_to_the_search(desk: Desk) -> None:
    found(desk)
    choose_row(desk, "letters/2026/report.txt")

    desk.session.actions[ActionId.OPEN_ENCLOSING].trigger()

    desk.until(lambda: desk.names == ["report.txt"])
    assert desk.session.controllers.navigator.place == Location("letters", "2026/")
    assert desk.table.ranges == [range(1)]
    desk.until(lambda: not desk.views.pane.filter.isVisible())
    desk.session.actions[ActionId.BACK].trigger()
    desk.until(lambda: len(desk.names) == 2)
    bar = desk.views.pane.filter
    assert bar.isVisible()
    assert (bar.field.text(), bar.chosen, bar.count.text()) == ("REPORT", Scope.EVERYWHERE, "2 found")
    assert desk.table.current_row().label == "letters/2026/report.txt"


def test_back_returns_to_a_search_that_was_made_in_the_same_folder(desk: Desk) -> None:
    two_buckets(desk)
    search(desk, "sunset")
    desk.until(lambda: desk.names == ["photos/sunset.png"])
    choose_row(desk, "photos/sunset.png")

    desk.session.actions[ActionId.OPEN_ENCLOSING].trigger()
    desk.until(lambda: "2026" in desk.names)
    desk.session.actions[ActionId.BACK].trigger()

    desk.until(lambda: desk.names == ["photos/sunset.png"])


def test_back_leads_to_a_search_of_the_present_from_a_folder_shown_as_it_was(desk: Desk) -> None:
    found(desk)
    desk.go("photos")
    navigator = desk.session.controllers.navigator
    navigator.go_in_time("photos", datetime.now(UTC))
    desk.until(lambda: desk.model.view.moment is not None)

    navigator.back()

    desk.until(lambda: sorted(desk.names) == ["letters/2026/report.txt", "photos/2026/report.txt"])
    assert navigator.moment is None
    assert desk.views.pane.past.text == ""


class FakeDrag:
    """A drag that a test runs."""

    run: ClassVar[Callable[[], None]]

    def __init__(self, _source: object) -> None: ...

    def setMimeData(self, _data: object) -> None: ...

    def setPixmap(self, _pixmap: object) -> None: ...

    def exec(self, *_actions: object) -> None:
        FakeDrag.run()


def test_what_is_dragged_goes_nowhere_until_it_is_known_where_it_comes_from(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(desk)
    choose_row(desk, "letters/2026/report.txt")
    hold, rows = desk.views.hold, desk.model.rows(desk.table.ranges)
    answers: list[Callable[[object], None]] = []
    seen: list[Motion | None] = []

    def look() -> None:
        places = (Location("letters"), Location("photos"))
        seen.extend(hold.motion_at(place, Qt.KeyboardModifier.NoModifier) for place in places)

    def run() -> None:
        look()
        answers[0](rows)
        look()

    FakeDrag.run = run
    monkeypatch.setattr(desk.model, "rows", lambda _ranges: None)  # as for more rows than are in memory
    monkeypatch.setattr(desk.session._side.reader, "rows", lambda _view, _total, _ranges, then: answers.append(then))
    monkeypatch.setattr("app.controllers.carrying.button_is_down", lambda: True)
    monkeypatch.setattr("app.controllers.carrying.QDrag", FakeDrag)
    desk.session.controllers.carrying.drag()
    assert seen == [None, None, Motion.MOVE, Motion.COPY]


def test_the_enclosing_folder_is_offered_only_for_what_was_found(desk: Desk) -> None:
    two_buckets(desk)
    desk.select("sunset.png")
    assert not desk.session.actions[ActionId.OPEN_ENCLOSING].isEnabled()


def test_what_is_looked_for_is_marked_in_names(desk: Desk) -> None:
    found(desk)
    mark = desk.window._theme.color("match").name()

    def is_marked() -> bool:
        image: QImage = desk.table.viewport().grab().toImage()
        return any(image.pixelColor(x, 20).name() == mark for x in range(image.width()))

    desk.until(is_marked)
    desk.views.pane.filter.put_away()
    desk.until(lambda: "sunset.png" in desk.names)
    assert not is_marked()


def test_marks_follow_what_an_ellipsis_leaves_of_a_name() -> None:
    assert spans_in("Réport.txt", ("report",)) == ((0, 6),)
    assert shown_spans("abcdefghij", "abcdefghij", ((2, 4),)) == ((2, 4),)
    assert shown_spans("abcdefghij", "abc…hij", ((2, 4),)) == ((2, 3),)
    assert shown_spans("abcdefghij", "abc…hij", ((4, 6),)) == ()
    assert shown_spans("abcdefghij", "abc…hij", ((6, 9),)) == ((4, 6),)


def test_a_search_and_its_folder_stay_two_steps_of_the_history() -> None:
    history = History(Location("photos"))
    history.note(Spot(search=Search("sun", Scope.BUCKET)))

    history.visit(Location("photos"))
    history.follow(Location("photos"), Location("pictures"))

    assert history.behind == (Location("pictures"),)
    history.back()
    assert history.spot is not None
    assert history.spot.search.text == "sun"
