"""What the inspector changes where it stands, and what it checks, on the real engine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from app.actions import ActionId
from app.bridge.acting import Identity
from app.views.checksum_row import ChecksumRow
from app.views.inspector import Inspector
from app.widgets.editable_fact import EditableFact
from engine.access_types import PolicyCommand, PolicySpec
from engine.permissions.rows import PolicyTable
from engine.types import LabelChanges, RlsContext, UploadOptions
from tests.app.helpers import Desk


@pytest.fixture
def letter(desk: Desk) -> Inspector:
    """Return the inspector on an object with metadata."""
    desk.bucket()
    options = UploadOptions("text/plain", user_metadata={"mood": "good", "stars": 4})
    desk.storage.upload("photos", "a.txt", b"dear all", desk.me, options)
    desk.put("b.txt", b"b")
    desk.session.actions[ActionId.INSPECTOR].trigger()
    desk.select("a.txt")
    shown = desk.views.inspector
    desk.until(lambda: shown.item is not None and shown.item.path == "a.txt")
    return shown


def write(desk: Desk, fact: EditableFact, text: str) -> None:
    fact.edit_button.click()
    fact.field.setText(text)
    desk.qtbot.keyClick(fact.field, Qt.Key.Key_Return)


def checksum(shown: Inspector) -> ChecksumRow:
    row = shown.findChild(ChecksumRow)
    assert row is not None
    return row


def test_the_type_is_changed_where_it_stands_and_back(desk: Desk, letter: Inspector) -> None:
    fact = letter.field("MIME type")
    write(desk, fact, "picture")
    assert "type/subtype" in fact.note.text()
    assert letter.is_editing
    desk.qtbot.keyClick(fact.field, Qt.Key.Key_Escape)
    assert not letter.is_editing
    desk.until(lambda: letter.preview.text.toPlainText() == "dear all")
    before = letter.preview.inside
    write(desk, letter.field("MIME type"), "Text/Markdown")
    desk.until(lambda: letter.facts()["MIME type"] == "text/markdown" and not letter.is_editing)
    assert desk.storage.info("photos", "a.txt", desk.me).mime_type == "text/markdown"
    assert desk.toast.text == "Type changed"
    assert letter.preview.inside is before  # the content is the same: nothing is read again
    desk.toast._button.click()
    desk.until(lambda: letter.facts()["MIME type"] == "text/plain")


def test_what_is_typed_survives_news_and_a_conflict_is_told(desk: Desk, letter: Inspector) -> None:
    fact = letter.field("Cache")
    fact.edit_button.click()
    fact.field.setText("max-age=60")
    desk.storage.change_labels("photos", ["a.txt"], LabelChanges(cache_control="no-store"), desk.me)
    desk.until(lambda: desk.model.row(desk.model.find("a.txt")).object.cache_control == "no-store")
    assert fact.field.text() == "max-age=60"
    desk.qtbot.keyClick(fact.field, Qt.Key.Key_Return)
    desk.until(lambda: "meanwhile" in fact.note.text())
    desk.qtbot.keyClick(fact.field, Qt.Key.Key_Escape)
    desk.until(lambda: letter.facts()["Cache"] == "no-store")


def test_metadata_is_changed_added_and_removed(desk: Desk, letter: Inspector) -> None:
    def stored() -> dict[str, object]:
        return dict(desk.storage.info("photos", "a.txt", desk.me).user_metadata)

    def facts() -> list[str]:
        return [fact.field.accessibleName() for fact in letter.metadata.facts]

    _, stars = letter.metadata.facts
    write(desk, stars, "five")
    assert "JSON" in stars.note.text()
    desk.qtbot.keyClick(stars.field, Qt.Key.Key_Escape)
    write(desk, stars, "5")
    desk.until(lambda: stored() == {"mood": "good", "stars": 5} and not letter.is_editing)
    letter.metadata.add_button.click()
    letter.metadata.new_name.setText("mood")
    letter.metadata.new_ok.click()
    assert "taken" in letter.metadata.new_note.text()
    letter.metadata.new_name.setText("m" * 20_000)
    letter.metadata.new_ok.click()
    assert "shorter" in letter.metadata.new_note.text()
    letter.metadata.new_name.setText("place")
    letter.metadata.new_value.setText("5")
    letter.metadata.new_ok.click()
    desk.until(lambda: stored() == {"mood": "good", "place": "5", "stars": 5} and facts() == ["mood", "place", "stars"])
    letter.metadata.facts[0].remove_button.click()
    desk.until(lambda: stored() == {"place": "5", "stars": 5} and facts() == ["place", "stars"])


def test_several_are_changed_together(desk: Desk, letter: Inspector) -> None:
    desk.storage.change_labels("photos", ["b.txt"], LabelChanges(cache_control="no-store"), desk.me)
    desk.until(lambda: desk.model.row(desk.model.find("b.txt")).object.cache_control == "no-store")
    desk.select("a.txt", "b.txt")
    desk.until(lambda: letter.facts().get("Cache") == "Various")
    assert letter.facts()["Size"] == "9 bytes"
    write(desk, letter.field("Cache"), "max-age=5")
    desk.until(lambda: letter.facts()["Cache"] == "max-age=5")
    desk.toast._button.click()
    desk.until(lambda: letter.facts()["Cache"] == "Various")
    said = {path: desk.storage.info("photos", path, desk.me).cache_control for path in ("a.txt", "b.txt")}
    assert said == {"a.txt": "no-cache", "b.txt": "no-store"}


def test_it_is_taken_back_and_done_again_by_name(desk: Desk, letter: Inspector) -> None:
    write(desk, letter.field("Cache"), "max-age=5")
    undo, redo = desk.session.actions[ActionId.UNDO], desk.session.actions[ActionId.REDO]
    desk.until(lambda: undo.text() == "&Undo change of cache rule")
    undo.trigger()
    desk.until(lambda: letter.facts()["Cache"] == "no-cache")
    desk.until(lambda: redo.text() == "&Redo change of cache rule")
    redo.trigger()
    desk.until(lambda: letter.facts()["Cache"] == "max-age=5")


def test_what_others_say_since_is_left(desk: Desk, letter: Inspector) -> None:
    desk.select("a.txt", "b.txt")
    desk.until(lambda: len(letter.items) == 2)
    write(desk, letter.field("Cache"), "max-age=5")
    undo = desk.session.actions[ActionId.UNDO]
    desk.until(lambda: undo.text() == "&Undo change of cache rule")
    desk.storage.change_labels("photos", ["b.txt"], LabelChanges(cache_control="no-store"), desk.me)
    undo.trigger()
    desk.until(lambda: "changed since: 1 item" in desk.toast.text)
    said = {path: desk.storage.info("photos", path, desk.me).cache_control for path in ("a.txt", "b.txt")}
    assert said == {"a.txt": "no-cache", "b.txt": "no-store"}


def test_undoing_what_others_have_changed_or_deleted_says_which_of_both(desk: Desk, letter: Inspector) -> None:
    undo = desk.session.actions[ActionId.UNDO]
    write(desk, letter.field("Cache"), "max-age=5")
    desk.until(lambda: undo.text() == "&Undo change of cache rule")
    desk.storage.change_labels("photos", ["a.txt"], LabelChanges(cache_control="no-store"), desk.me)
    undo.trigger()
    desk.until(lambda: desk.toast.text == "Not undone: change of cache rule. “a.txt” has been changed since.")

    desk.until(lambda: letter.facts()["Cache"] == "no-store")
    write(desk, letter.field("Cache"), "max-age=6")
    desk.until(lambda: undo.text() == "&Undo change of cache rule")
    desk.storage.delete("photos", "a.txt", desk.me)
    undo.trigger()
    desk.until(lambda: "“a.txt” is no longer there" in desk.toast.text)


def test_who_may_only_look_is_told_so(desk: Desk, letter: Inspector) -> None:
    spec = PolicySpec("see", PolicyTable.OBJECTS, PolicyCommand.SELECT, ("anon",), using="true")
    desk.storage.policies.create(spec, RlsContext.service(), "photos")
    desk.session._side.acting.begin(Identity("a visitor", RlsContext.anonymous()))
    desk.select("a.txt")
    desk.until(lambda: letter.item is not None)
    fact = letter.field("Cache")
    write(desk, fact, "max-age=1")
    desk.until(lambda: fact.note.text() == "A visitor may not change this. Policies decide.")


def test_the_bytes_are_held_against_the_checksum(desk: Desk, letter: Inspector, data_dir: Path) -> None:
    checksum(letter).verify.click()
    desk.until(lambda: "what they should be" in checksum(letter).verdict.text())
    [stored] = [path for path in (data_dir / "storage").rglob("a.txt") if path.is_file()]
    stored.write_bytes(b"dear nil")
    checksum(letter).verify.click()
    desk.until(lambda: "damaged" in checksum(letter).verdict.text())


def test_objects_of_several_buckets_are_not_changed_together(desk: Desk, letter: Inspector) -> None:
    desk.storage.create_bucket("other", desk.me)
    theirs = desk.storage.upload("other", "a.txt", b"theirs", desk.me, UploadOptions("text/plain"))
    row = desk.model.row(desk.model.find("a.txt"))
    letter.show_many(2, [row, replace(row, object=theirs, bucket="other")])
    assert letter.items == ()
    assert "MIME type" not in letter.facts()
