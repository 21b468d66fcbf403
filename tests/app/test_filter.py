"""The filter of a folder: what is typed is what is shown, and it ends with the folder."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.actions import ActionId
from app.location import Location
from app.models.searches import Scope
from engine.cancel import CancelToken
from engine.types import ListPage, ListRequest, RlsContext, UploadItem
from tests.app.helpers import Desk


def filled(desk: Desk) -> Desk:
    """Store two reports, a letter and a folder of letters."""
    desk.bucket()
    for path in ("Réport 1.txt", "report 2.txt", "letter.txt", "letters/x.txt"):
        desk.storage.upload("photos", path, b"x", desk.me)
    desk.session.controllers.navigator.refresh()
    desk.until(lambda: len(desk.names) == 4)
    return desk


def begin(desk: Desk) -> None:
    desk.session.actions[ActionId.FILTER].trigger()
    desk.until(desk.views.pane.filter.field.hasFocus)


def search_bucket(desk: Desk) -> None:
    desk.session.actions[ActionId.SEARCH].trigger()
    scope = desk.views.pane.filter.scope
    scope.setCurrentIndex(scope.findData(Scope.BUCKET))
    scope.activated.emit(scope.currentIndex())


def write(desk: Desk, text: str) -> None:
    QTest.keyClicks(desk.views.pane.filter.field, text)


def test_what_is_typed_is_what_is_shown_and_counted(desk: Desk) -> None:
    filled(desk)
    begin(desk)

    write(desk, "REPORT")

    desk.until(lambda: sorted(desk.names) == ["Réport 1.txt", "report 2.txt"])
    assert desk.views.pane.filter.count.text() == "2 of 4"
    assert desk.views.pane.filter.field.hasFocus()
    assert desk.views.pane.filter.field.text() == "REPORT"


@pytest.mark.parametrize("action", [ActionId.FILTER, ActionId.SEARCH])
def test_who_corrects_what_fits_nothing_goes_on_typing(desk: Desk, action: ActionId) -> None:
    filled(desk)
    desk.session.actions[action].trigger()
    field = desk.views.pane.filter.field
    desk.until(field.hasFocus)
    write(desk, "repx")
    desk.until(lambda: desk.views.pane.page is desk.views.pane.nothing_matches)
    assert field.hasFocus()

    QTest.keyClick(field, Qt.Key.Key_Backspace)
    desk.until(lambda: len(desk.names) == 2)
    assert field.hasFocus()
    write(desk, "x")
    desk.until(lambda: desk.views.pane.page is desk.views.pane.nothing_matches)
    field.selectAll()
    QTest.keyClick(field, Qt.Key.Key_Backspace)
    desk.until(lambda: len(desk.names) == 4)
    assert field.hasFocus()


def test_what_comes_and_goes_beside_what_fits_is_counted(desk: Desk) -> None:
    filled(desk)
    begin(desk)
    write(desk, "report")
    desk.until(lambda: desk.views.pane.filter.count.text() == "2 of 4")
    desk.storage.upload("photos", "other.txt", b"x", desk.me)
    desk.until(lambda: desk.views.pane.filter.count.text() == "2 of 5")
    desk.storage.delete_trees("photos", ["letters/", "other.txt", "letter.txt"], desk.me)
    desk.until(lambda: desk.views.pane.filter.count.text() == "2 of 2")


def test_an_asterisk_stands_for_anything_and_in_quotes_for_itself(desk: Desk) -> None:
    filled(desk)
    desk.put("re*port.txt")
    begin(desk)
    field = desk.views.pane.filter.field
    write(desk, "*port*.TXT")
    desk.until(lambda: sorted(desk.names) == ["Réport 1.txt", "re*port.txt", "report 2.txt"])
    assert field.text() == "*port*.TXT"
    field.setText('"re*"')
    desk.until(lambda: desk.names == ["re*port.txt"])
    field.setText("*")
    desk.until(lambda: len(desk.names) == 5)


def test_the_first_letter_is_told_at_once_and_what_follows_quickly_is_told_as_one(desk: Desk) -> None:
    filled(desk)
    begin(desk)
    told: list[str] = []
    field = desk.views.pane.filter.field
    desk.views.pane.filter.changed.connect(lambda: told.append(field.text()))

    write(desk, "r")
    assert told == ["r"]
    desk.views.pane.filter._pause.start()  # however slowly this runs, the rest follows quickly
    field.insert("e")
    desk.views.pane.filter._pause.start()
    field.insert("p")
    assert desk.views.pane.filter.is_waiting

    desk.until(lambda: not desk.views.pane.filter.is_waiting)
    assert told == ["r", "rep"]
    desk.until(lambda: sorted(desk.names) == ["Réport 1.txt", "report 2.txt"])


def test_the_status_bar_says_the_same(desk: Desk) -> None:
    filled(desk)
    begin(desk)
    write(desk, "report")
    desk.until(lambda: desk.views.status.counts == "2 objects found")
    write(desk, " zebra")
    desk.until(lambda: desk.views.status.counts == "Nothing found")


def test_escape_empties_the_field_and_then_puts_it_away(desk: Desk) -> None:
    filled(desk)
    begin(desk)
    write(desk, "let")
    desk.until(lambda: desk.names == ["letters", "letter.txt"])

    QTest.keyClick(desk.views.pane.filter.field, Qt.Key.Key_Escape)
    desk.until(lambda: len(desk.names) == 4)
    assert desk.views.pane.filter.isVisible()

    QTest.keyClick(desk.views.pane.filter.field, Qt.Key.Key_Escape)
    assert not desk.views.pane.filter.isVisible()
    assert desk.table.hasFocus()


def test_where_nothing_matches_that_is_said_and_one_click_shows_all_again(desk: Desk) -> None:
    filled(desk)
    begin(desk)
    write(desk, "zebra")
    desk.until(lambda: desk.views.pane.page is desk.views.pane.nothing_matches)
    assert desk.views.pane.filter.field.hasFocus()

    desk.views.pane.clear_filter.trigger()

    desk.until(lambda: len(desk.names) == 4)
    assert desk.views.pane.page is desk.table


def test_what_is_not_in_the_folder_is_one_click_away_in_the_bucket(desk: Desk) -> None:
    filled(desk)
    desk.session.controllers.navigator.go(Location("photos", "letters/"))
    desk.until(lambda: desk.names == ["x.txt"])
    begin(desk)
    write(desk, "report")
    desk.until(lambda: desk.views.pane.page is desk.views.pane.nothing_matches)

    search_bucket(desk)

    desk.until(lambda: sorted(desk.names) == ["Réport 1.txt", "report 2.txt"])


def test_another_folder_ends_the_filter(desk: Desk) -> None:
    filled(desk)
    begin(desk)
    write(desk, "letter")
    desk.until(lambda: len(desk.names) == 2)

    desk.session.controllers.navigator.go(Location("photos", "letters/"))

    desk.until(lambda: desk.names == ["x.txt"])
    assert not desk.views.pane.filter.isVisible()
    desk.session.controllers.navigator.back()
    desk.until(lambda: len(desk.names) == 4)


def test_letters_typed_just_before_are_not_for_the_next_folder(desk: Desk) -> None:
    filled(desk)
    begin(desk)
    write(desk, "z")
    desk.views.pane.filter._pause.start()
    write(desk, "e")
    assert desk.views.pane.filter.is_waiting

    desk.session.controllers.navigator.go(Location("photos", "letters/"))

    desk.until(lambda: desk.names == ["x.txt"])
    assert not desk.views.pane.filter.isVisible()
    assert not desk.session.controllers.navigator.outlook.search.is_narrow


def test_what_changes_meanwhile_appears_if_it_matches(desk: Desk) -> None:
    filled(desk)
    begin(desk)
    write(desk, "report")
    desk.until(lambda: len(desk.names) == 2)

    desk.storage.upload("photos", "report 3.txt", b"x", desk.me)
    desk.storage.upload("photos", "other.txt", b"x", desk.me)
    desk.storage.delete("photos", "report 2.txt", desk.me)

    desk.until(lambda: sorted(desk.names) == ["Réport 1.txt", "report 3.txt"])


def test_a_search_shows_what_matches_in_every_folder_with_its_folder(desk: Desk) -> None:
    filled(desk)
    desk.storage.upload("photos", "letters/2026/Report 9.txt", b"x", desk.me)
    desk.session.controllers.navigator.go(Location("photos", "letters/"))
    desk.until(lambda: desk.names == ["2026", "x.txt"])
    search_bucket(desk)
    write(desk, "report")
    desk.until(lambda: sorted(desk.names) == ["Réport 1.txt", "letters/2026/Report 9.txt", "report 2.txt"])
    assert desk.views.pane.filter.count.text() == "3 found"

    scope = desk.views.pane.filter.scope
    scope.setCurrentIndex(scope.findData(Scope.BELOW))
    scope.activated.emit(scope.currentIndex())

    desk.until(lambda: desk.names == ["2026/Report 9.txt"])
    desk.storage.move("photos", "letters/2026/Report 9.txt", "letters/report 9.txt", desk.me)
    desk.until(lambda: desk.names == ["report 9.txt"])


def test_what_was_found_is_renamed_where_it_is(desk: Desk) -> None:
    filled(desk)
    desk.storage.upload("photos", "deep/down/report.txt", b"x", desk.me)
    search_bucket(desk)
    write(desk, "report.txt")
    desk.until(lambda: desk.names == ["deep/down/report.txt"])

    desk.model.setData(desk.model.index(0, 0), "the report.txt")

    desk.until(lambda: desk.storage.exists("photos", "deep/down/the report.txt", desk.me))
    desk.until(lambda: desk.names == ["deep/down/the report.txt"])


def test_the_order_changes_within_the_filter(desk: Desk) -> None:
    filled(desk)
    begin(desk)
    write(desk, "let")
    desk.until(lambda: len(desk.names) == 2)
    desk.storage.upload("photos", "a letter.txt", b"longer", desk.me)
    desk.until(lambda: len(desk.names) == 3)

    desk.table.horizontalHeader().sectionClicked.emit(0)
    desk.session.controllers.navigator._sort_by(1, True)  # type: ignore[arg-type]

    desk.until(lambda: desk.names == ["letters", "a letter.txt", "letter.txt"])


def test_more_than_a_page_is_shown_at_once_and_counted_then(desk: Desk) -> None:
    filled(desk)
    source = desk.session._side._workspace.settings.data_dir / "one.txt"
    source.write_text("x")
    desk.storage.upload_many("photos", [UploadItem(source, f"many {n:03}.txt") for n in range(300)], desk.me)
    desk.until(lambda: desk.model.rowCount() == 304)
    begin(desk)

    write(desk, "many")

    desk.until(lambda: desk.model.rowCount() == 300)
    desk.until(lambda: desk.views.pane.filter.count.text() == "300 of 304")


def test_the_arrow_key_down_goes_to_the_first_row_and_chooses_it(desk: Desk) -> None:
    filled(desk)
    begin(desk)
    write(desk, "2")
    desk.until(lambda: desk.names == ["report 2.txt"])
    QTest.keyClick(desk.views.pane.filter.field, Qt.Key.Key_Down)
    assert desk.table.hasFocus()
    assert desk.table.ranges == [range(1)]


def test_the_engine_is_told_before_the_first_letter(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(desk)
    expected: list[tuple[str, str]] = []
    monkeypatch.setattr(
        desk.storage, "expect_filter", lambda bucket, prefix, _: expected.append((bucket, prefix)), raising=True
    )
    desk.go("photos", "letters/")

    desk.session.actions[ActionId.SEARCH].trigger()
    begin(desk)

    desk.until(lambda: expected == [("photos", "letters/")])


def test_a_letter_waits_for_nothing_that_is_read_for_the_one_before(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(desk)
    tokens: list[CancelToken | None] = []
    held, real = threading.Event(), desk.storage.list

    def slow(bucket: str, request: ListRequest, context: RlsContext) -> ListPage:
        if request.matching == "r":
            tokens.append(context.cancel)
            held.wait()
        return real(bucket, request, context)

    monkeypatch.setattr(desk.storage, "list", slow, raising=True)
    begin(desk)
    try:
        write(desk, "r")
        desk.until(lambda: bool(tokens))
        write(desk, "epo")

        desk.until(lambda: sorted(desk.names) == ["Réport 1.txt", "report 2.txt"])
        assert [token is not None and token.cancelled for token in tokens] == [True]
    finally:
        held.set()
