"""Renaming many things: what a recipe makes of names, and the dialog in the real window."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt
from sqlalchemy import event

from app.actions import ActionId
from app.bridge.twins import taken_names
from app.dialogs.rename_dialog import RenameDialog
from app.location import Location
from app.renames import BadRecipe, Case, Item, Recipe, new_names
from engine.metadata.prepared import PreparedQueries
from engine.storage import FileStorage
from engine.types import Bucket, RlsContext
from engine.workspace import Workspace
from tests.app.helpers import Desk
from tests.app.test_window import trigger

DAY = datetime(2024, 5, 6, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "recipe", "becomes"),
    [
        ("IMG_1.jpg", Recipe(find="IMG_", replacement="trip "), "trip 1.jpg"),
        ("a.jpg.jpg", Recipe(find="jpg", replacement="png"), "a.png.jpg"),
        ("a.jpg", Recipe(find="jpg", replacement="png", with_suffix=True), "a.png"),
        ("a.b", Recipe(find=".", replacement="_"), "a.b"),
        ("2024-05 a.txt", Recipe(find=r"(\d+)-(\d+)", replacement=r"\2.\1\\", is_expression=True), "05.2024\\ a.txt"),
        ("😀x1.txt", Recipe(find="x(.)", replacement=r"[\1]", is_expression=True), "😀[1].txt"),
        ("😀a", Recipe(find="x*", replacement="-", is_expression=True), "-😀-a-"),
        ("abc", Recipe(find="x*", replacement="-", is_expression=True), "-a-b-c-"),
        ("a.tar.gz", Recipe(template="[date] [name]-[n:03]"), "2024-05-06 a-007.tar.gz"),
        ("a.txt", Recipe(template="[n]", start=40), "46.txt"),
        ("a.txt", Recipe(template="[ext]_[name]"), "txt_a.txt"),
        ("don't STOP é.TXT", Recipe(case=Case.TITLE), "Don'T Stop É.TXT"),
        ("Straße.TXT", Recipe(case=Case.LOWER, with_suffix=True), "straße.txt"),
        ("a", Recipe(case=Case.UPPER, before="x", after="y"), "xAy"),
        (".profile", Recipe(after="-old"), ".profile-old"),
    ],
)
def test_a_recipe_makes_names(name: str, recipe: Recipe, becomes: str) -> None:
    items = [Item("d/other")] * 6 + [Item(f"d/{name}", DAY)]
    assert new_names(items, recipe)[-1] == becomes


def test_a_dot_in_a_folders_name_is_no_suffix() -> None:
    assert new_names([Item("d/v1.2/")], Recipe(after="x")) == ["v1.2x"]
    assert Item("d/v1.2/").renamed("new") == "d/new/"


def test_an_expression_that_is_none_is_refused_with_its_place() -> None:
    with pytest.raises(BadRecipe, match="at character 3"):
        new_names([Item("a")], Recipe(find="a(", is_expression=True))


@pytest.mark.parametrize("runaway", ["(a+)+$", "(a|aa)+$", r"([a-z]+)*\d"])
def test_an_expression_that_runs_away_is_stopped(runaway: str) -> None:
    with pytest.raises(BadRecipe, match="too long"):
        new_names([Item("a" * 250 + "!")], Recipe(find=runaway, is_expression=True))


@pytest.fixture
def folders(storage: FileStorage, bucket: Bucket, service: RlsContext) -> FileStorage:
    """Return a store with a folder that holds an object and some folders."""
    for path in ("d/f0", "d/f1/x", "d/f2/deep/x", "d/f3/x"):
        storage.upload("photos", path, b"x", service)
    for path in ("d/f4/", "d/f5/"):
        storage.create_folder("photos", path, service)
    return storage


@pytest.mark.parametrize("a_name", [20, 1], ids=["few folders", "many folders"])
def test_a_name_is_taken_by_an_object_and_by_a_folder(
    a_name: int, folders: FileStorage, service: RlsContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.bridge.twins._FOLDERS_A_NAME", a_name)
    place = Location("photos", "d/")
    for names in (["f0", "f5", "no"], ["f2", "f4", "f0"], ["f3"], ["deep"], []):
        assert taken_names(folders, place, names, service) == set(names) - {"no", "deep"}


def test_so_many_names_are_not_looked_for_one_by_one_where_there_are_folders(
    workspace: Workspace, folders: FileStorage, service: RlsContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        ran.append(statement)

    monkeypatch.setattr(PreparedQueries, "get", lambda *_, **__: None)  # nothing is to go past the listener
    engine = workspace._core.executor._engine
    event.listen(engine, "before_cursor_execute", note)
    names = [*(f"new {number}" for number in range(1_000)), "f2", "f5"]
    try:
        assert taken_names(folders, Location("photos", "d/"), names, service) == {"f2", "f5"}
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert 0 < len(ran) < 50


@pytest.fixture
def dialog(desk: Desk) -> RenameDialog:
    desk.bucket()
    for name in ("a.txt", "b.txt", "taken.txt"):
        desk.put(name, name.encode())
    desk.put("dir/x")
    desk.select("a.txt", "b.txt")
    trigger(desk, ActionId.RENAME)
    asked = desk.dialog(RenameDialog)
    desk.until(lambda: len(asked.model.lines) == 2)
    return asked


def names(dialog: RenameDialog) -> list[str]:
    return [line.name for line in dialog.model.lines]


class TestDialog:
    def test_all_are_renamed_in_one_step_and_back(self, desk: Desk, dialog: RenameDialog) -> None:
        assert not dialog.confirm.isEnabled()
        dialog.find_text.setText("^(a)|b$")
        dialog.replacement.setText("b")
        dialog.is_expression.setChecked(True)
        desk.until(lambda: names(dialog) == ["b.txt", "b.txt"])
        assert ["Another one" in line.problem for line in dialog.model.lines] == [True, False]
        assert not dialog.confirm.isEnabled()
        dialog.is_expression.setChecked(False)
        dialog.find_text.clear()
        dialog.template.setText("x[n:02]")
        desk.until(lambda: names(dialog) == ["x01.txt", "x02.txt"] and dialog.confirm.isEnabled())
        dialog.confirm.click()
        desk.until(lambda: "x02.txt" in desk.names and desk.toast.text == "2 items renamed")
        assert desk.read("x01.txt") == b"a.txt"
        desk.until(lambda: desk.table.selected_count == 2)
        desk.session.actions[ActionId.UNDO].trigger()
        desk.until(lambda: desk.names == ["dir", "a.txt", "b.txt", "taken.txt"])

    @pytest.mark.parametrize(
        ("template", "said"), [("taken", "taken"), ("x/y", "separates folders"), ("[date:0]/", "separates"), ("..", "")]
    )
    def test_names_that_cannot_be_are_marked_beside_the_row(
        self, desk: Desk, dialog: RenameDialog, template: str, said: str
    ) -> None:
        dialog.with_suffix.setChecked(template == "..")
        dialog.template.setText(template)
        desk.until(lambda: all(line.problem for line in dialog.model.lines))
        assert any(said in line.problem for line in dialog.model.lines) or said == "taken"
        assert not dialog.confirm.isEnabled()

    def test_a_name_that_is_taken_meanwhile_keeps_all_and_is_said(self, desk: Desk, dialog: RenameDialog) -> None:
        dialog.template.setText("x[n]")
        desk.until(lambda: dialog.confirm.isEnabled())
        desk.storage.upload("photos", "x2.txt", b"theirs", desk.me)
        dialog.confirm.click()
        desk.until(lambda: dialog.summary.text().startswith("“x2.txt” already exists by now."))
        assert desk.read("a.txt") == b"a.txt"
        assert desk.read("x2.txt") == b"theirs"

    def test_calling_it_off_while_it_is_under_way_gives_no_new_names(self, desk: Desk, dialog: RenameDialog) -> None:
        dialog.template.setText("x[n]")
        desk.until(lambda: dialog.confirm.isEnabled())
        go = desk.hold_mutations()
        dialog.confirm.click()
        dialog.template.setText("y[n]")
        desk.until(lambda: names(dialog) == ["y1.txt", "y2.txt"])
        assert not dialog.confirm.isEnabled()
        dialog.reject()
        go.set()
        desk.until(lambda: not desk.session._tasks.under_way)
        assert desk.read("a.txt") == b"a.txt"
        assert desk.session.controllers.undo.undo_name == ""

    def test_what_is_typed_while_it_is_under_way_holds_nothing_up(self, desk: Desk, dialog: RenameDialog) -> None:
        dialog.template.setText("x[n]")
        desk.until(lambda: dialog.confirm.isEnabled())
        go = desk.hold_mutations()
        dialog.confirm.click()
        dialog.template.setText("y[n]")
        desk.until(lambda: names(dialog) == ["y1.txt", "y2.txt"])
        go.set()
        desk.until(lambda: desk.names == ["dir", "taken.txt", "x1.txt", "x2.txt"])

    def test_enter_in_the_field_of_the_number_renames_too(self, desk: Desk, dialog: RenameDialog) -> None:
        dialog.template.setText("x[n]")
        dialog.start.setFocus()
        dialog.start.selectAll()
        desk.qtbot.keyClicks(dialog.start, "5")
        desk.until(lambda: names(dialog) == ["x5.txt", "x6.txt"] and dialog.confirm.isEnabled())
        desk.qtbot.keyClick(dialog.start, Qt.Key.Key_Return)
        desk.until(lambda: desk.names == ["dir", "taken.txt", "x5.txt", "x6.txt"])

    def test_neither_a_folder_nor_an_object_gets_the_others_name(self, desk: Desk, dialog: RenameDialog) -> None:
        dialog.with_suffix.setChecked(True)
        dialog.find_text.setText("a.txt")
        dialog.replacement.setText("dir")
        desk.until(lambda: [line.problem for line in dialog.model.lines] == ["This name is taken.", ""])
        dialog.reject()
        desk.put("e/x")
        desk.select("dir", "e")
        trigger(desk, ActionId.RENAME)
        again = desk.dialog(RenameDialog)
        again.find_text.setText("dir")
        again.replacement.setText("a.txt")
        desk.until(lambda: [line.problem for line in again.model.lines] == ["This name is taken.", ""])

    def test_an_expression_that_is_none_is_said_beside_it(self, desk: Desk, dialog: RenameDialog) -> None:
        dialog.is_expression.setChecked(True)
        dialog.find_text.setText("(")
        desk.until(lambda: "no regular expression" in dialog.find_field.problem)
        assert not dialog.confirm.isEnabled()
        dialog.find_text.setText("(a)")
        desk.until(lambda: dialog.find_field.problem == "")

    def test_only_the_case_changes(self, desk: Desk, dialog: RenameDialog) -> None:
        dialog.case.setCurrentIndex(dialog.case.findData(Case.UPPER))
        desk.until(lambda: dialog.confirm.isEnabled())
        dialog.confirm.click()
        desk.until(lambda: desk.names == ["dir", "A.txt", "B.txt", "taken.txt"])
        assert desk.read("A.txt") == b"a.txt"

    def test_favourites_and_tabs_go_along_with_folders_there_and_back(self, desk: Desk, dialog: RenameDialog) -> None:
        dialog.reject()
        ways, place = desk.session._ways, Location("photos", "dir/")
        ways.favourites.put(place, 0)
        ways.tabs.open(place, show=False)
        desk.select("dir", "taken.txt")
        trigger(desk, ActionId.RENAME)
        again = desk.dialog(RenameDialog)
        again.case.setCurrentIndex(again.case.findData(Case.UPPER))
        desk.until(lambda: again.confirm.isEnabled())
        again.confirm.click()
        renamed = Location("photos", "DIR/")
        desk.until(lambda: ways.favourites.places == (renamed,) and ways.tabs.places[1] == renamed)
        desk.until(lambda: desk.session.actions[ActionId.UNDO].isEnabled())
        desk.session.actions[ActionId.UNDO].trigger()
        desk.until(lambda: ways.favourites.places == (place,) and ways.tabs.places[1] == place)

    def test_one_thing_is_renamed_where_it_stands(self, desk: Desk, dialog: RenameDialog) -> None:
        dialog.reject()
        desk.select("taken.txt")
        trigger(desk, ActionId.RENAME)
        desk.until(lambda: desk.table.state() == desk.table.State.EditingState)
