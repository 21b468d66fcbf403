"""The tester by itself: what it asks, and how an answer is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.dialogs.access_tester import AccessTester
from app.look import Look
from app.policies import Answered, AskedBucket, Question
from engine.access_types import (
    Culprit,
    Explanation,
    Policy,
    PolicyCommand,
    PolicySpec,
    PolicyVerdict,
    User,
)
from engine.context import RlsContext
from engine.move_types import Target
from engine.permissions.language import highlight
from engine.permissions.rows import Command, PolicyTable
from tests.app.helpers import NOW, make_bucket

ANNA = User("5f0c", "anna", "editor", has_password=False, created_at=NOW, claims={"team": "blue"})


@pytest.fixture
def parent(look: Look) -> Iterator[QWidget]:
    parent = QWidget()
    parent.show()
    yield parent
    shiboken6.delete(parent)


def opened(look: Look, parent: QWidget, path: str = "a/b.jpg", *, public: bool = False) -> AccessTester:
    dialog = AccessTester(look, parent, highlight, AskedBucket.of(make_bucket("photos", public=public)), path)
    dialog.open()
    return dialog


def a_verdict(name: str, using: str, *, result: bool | None, applies: bool = True, **spec: object) -> PolicyVerdict:
    kept = Policy(
        name, PolicySpec(name, PolicyTable.OBJECTS, PolicyCommand.SELECT, using=using, **spec), "photos", True, NOW, NOW
    )
    culprits = (Culprit("owner_id", 0, 8, "null"),) if applies else ()
    return PolicyVerdict(kept, "USING", applies, result, culprits)


def test_it_asks_at_once_and_again_after_every_change(look: Look, parent: QWidget, qtbot: QtBot) -> None:
    dialog = opened(look, parent)
    asked: list[Question] = []
    dialog.asked.connect(asked.append)
    qtbot.waitUntil(lambda: asked == [Question(RlsContext.anonymous(), Command.SELECT, "a/b.jpg")])
    dialog.form.commands.button(3).click()
    qtbot.waitUntil(lambda: len(asked) == 2)
    assert asked[1].command is Command.DELETE


def test_a_signed_in_user_has_an_id_and_claims(look: Look, parent: QWidget) -> None:
    form = opened(look, parent).form
    form.who.setCurrentIndex(1)
    form.user_id.setText("5f0c")
    form.claims.setPlainText('{"team": "blue"}')
    question = form.question
    assert question is not None
    assert (question.subject.user_id, question.subject.role) == ("5f0c", "authenticated")
    assert dict(question.subject.claims) == {"team": "blue", "role": "authenticated", "sub": "5f0c"}


@pytest.mark.parametrize("claims", ["{", "[1]", "7", '"text"'])
def test_claims_that_are_no_object_are_refused_beside_the_field(look: Look, parent: QWidget, claims: str) -> None:
    form = opened(look, parent).form
    form.who.setCurrentIndex(1)
    form.claims.setPlainText(claims)
    assert form.claims_field.problem
    assert form.question is None
    form.who.setCurrentIndex(0)
    assert form.question is not None


def test_a_known_user_is_who_they_are(look: Look, parent: QWidget) -> None:
    dialog = opened(look, parent)
    dialog.show_people([ANNA])
    form = dialog.form
    form.who.setCurrentIndex(form.who.findText("anna"))
    assert not form.user_field.isVisible()
    question = form.question
    assert question is not None
    assert (question.subject.user_id, question.subject.role) == ("5f0c", "editor")
    assert question.subject.claims["team"] == "blue"


def test_what_moves_or_is_copied_goes_somewhere(look: Look, parent: QWidget) -> None:
    dialog = opened(look, parent)
    dialog.show_buckets(["music"])
    form = dialog.form
    assert not form.target_field.isVisible()
    for number, command in ((4, Command.UPDATE), (5, Command.INSERT)):
        form.commands.button(number).click()
        assert form.target_field.isVisible()
        assert form.bucket_field.isVisible()
        form.target_bucket.setCurrentIndex(0)
        form.target_path.setText("")
        assert form.question is None
        form.target_path.setText("c.jpg")
        assert form.question == Question(RlsContext.anonymous(), command, "a/b.jpg", target=Target("c.jpg"))
        form.target_bucket.setCurrentIndex(1)
        assert form.question is not None
        assert form.question.target == Target("c.jpg", "music")
    form.commands.button(0).click()
    assert form.question is not None
    assert form.question.target is None


def test_buckets_are_asked_about_by_themselves(look: Look, parent: QWidget) -> None:
    form = opened(look, parent).form
    form.commands.button(4).click()
    form.about.setCurrentIndex(1)
    assert [form.commands.button(number).text() for number in range(4)] == ["See", "Make", "Change", "Delete"]
    assert not any(part.isVisible() for part in (form.path_field, form.target_field, form.commands.button(4)))
    form.commands.button(3).click()
    question = form.question
    assert question == Question(RlsContext.anonymous(), Command.DELETE, "")
    assert question.table is PolicyTable.BUCKETS
    form.about.setCurrentIndex(0)
    assert form.commands.button(3).text() == "Delete"
    assert form.commands.button(2).text() == "Replace"
    assert form.path_field.isVisible()
    form.ask(question)
    assert form.question == question


def test_of_a_bucket_that_is_not_there_only_the_bucket_itself_is_asked_about(look: Look, parent: QWidget) -> None:
    dialog = AccessTester(look, parent, highlight, AskedBucket("hers", "hers", is_there=False), "")
    dialog.open()
    dialog.ask_why(Question(RlsContext.anonymous(), Command.INSERT, ""))
    assert not dialog.form.about.isEnabled()
    assert dialog.form.commands.checkedButton().text() == "Make"
    assert dialog.form.question == Question(RlsContext.anonymous(), Command.INSERT, "")


def test_the_marker_of_a_folder_is_another_object_than_one_of_its_name(look: Look, parent: QWidget) -> None:
    form = opened(look, parent).form
    form.path.setText("/trips/")
    assert form.question is not None
    assert form.question.path == "trips/"


def test_what_is_said_at_the_target_is_marked_so(look: Look, parent: QWidget) -> None:
    dialog = opened(look, parent)
    question = dialog.form.question
    assert question is not None
    verdicts = (a_verdict("own", "true", result=True), replace(a_verdict("own", "true", result=True), at_target=True))
    dialog.show_answer(question, Answered(Explanation(True, "so", Command.UPDATE, verdicts), is_there=True))
    here, there = ([part.text() for part in card.findChildren(QLabel)] for card in dialog.answer.verdicts)
    assert "At the target" in there
    assert "At the target" not in here


def test_what_the_operation_is_can_be_said(look: Look, parent: QWidget) -> None:
    form = opened(look, parent).form
    form.operation.setCurrentIndex(form.operation.findText("storage.object.list_v2"))
    assert form.question is not None
    assert form.question.operation == "storage.object.list_v2"


@pytest.mark.parametrize("about", [0, 1])
def test_no_two_access_keys_of_the_form_are_the_same(look: Look, parent: QWidget, about: int) -> None:
    form = opened(look, parent).form
    form.about.setCurrentIndex(about)
    form.who.setCurrentIndex(form.who.count() - 1)
    if not about:
        form.commands.button(4).click()
    form.details.set_open(True)
    parts = [*form.findChildren(QLabel), *form.findChildren(QAbstractButton)]
    texts = [part.text() for part in parts if part.isVisibleTo(form)]
    keys = [text[text.index("&") + 1].lower() for text in texts if "&" in text]
    assert len(keys) == len(set(keys)), sorted(keys)


def test_the_largest_question_fits_a_small_screen(look: Look, parent: QWidget, qtbot: QtBot) -> None:
    dialog = opened(look, parent)
    form = dialog.form
    form.who.setCurrentIndex(form.who.count() - 1)
    form.commands.button(4).click()
    form.details.set_open(True)
    qtbot.wait(50)
    assert dialog.height() <= 740


def test_why_asks_at_once_about_whoever_was_refused_and_not_about_who_they_are_by_now(
    look: Look, parent: QWidget, qtbot: QtBot
) -> None:
    dialog = opened(look, parent)
    asked: list[Question] = []
    dialog.asked.connect(asked.append)
    then = RlsContext("5f0c", "editor", {"team": "red", "sub": "5f0c", "role": "editor"})
    refused = Question(then, Command.UPDATE, "a/b.jpg", target=Target("c.jpg", "music"))
    dialog.ask_why(refused)
    dialog.show_people([ANNA])  # who is in another team now
    dialog.ask_why(refused)
    qtbot.waitUntil(lambda: len(asked) > 0)
    assert dialog.form.who.currentText() == "Another role…"
    assert dialog.form.question == refused
    now = replace(refused, subject=replace(then, claims={"team": "blue", "sub": "5f0c", "role": "editor"}))
    dialog.form.ask(now)
    assert dialog.form.who.currentText() == "anna"
    assert all(question == refused for question in asked)


def test_what_was_refused_and_would_be_allowed_says_that_it_may_be_about_more(look: Look, parent: QWidget) -> None:
    dialog = opened(look, parent)
    refused = Question(RlsContext.anonymous(), Command.DELETE, "a/b.jpg")
    dialog.ask_why(refused)
    for allowed in (True, False):
        dialog.show_answer(refused, Answered(Explanation(allowed, "so", Command.DELETE), is_there=True))
        assert ("refused nevertheless" in dialog.answer.remark.text()) is allowed


@pytest.mark.parametrize("typed", ["²", "9" * 30, "-1"])
def test_a_size_that_is_none_is_refused(look: Look, parent: QWidget, typed: str) -> None:
    form = opened(look, parent).form
    form.size_bytes.setText(typed)
    assert form.size_field.problem
    assert form.question is None


def test_claims_as_deep_as_nobody_can_read_are_refused(look: Look, parent: QWidget) -> None:
    form = opened(look, parent).form
    form.who.setCurrentIndex(1)
    form.claims.setPlainText('{"a":' * 100_000)
    assert form.claims_field.problem


def test_another_role_must_be_named(look: Look, parent: QWidget) -> None:
    form = opened(look, parent).form
    form.who.setCurrentIndex(form.who.count() - 1)
    assert form.role_field.isVisible()
    assert form.question is None
    form.role.setText("editor")
    assert form.question is not None
    assert form.question.subject.role == "editor"


def test_the_service_role_is_held_back_by_nothing(look: Look, parent: QWidget) -> None:
    form = opened(look, parent).form
    form.who.setCurrentIndex(form.who.count() - 1)
    form.role.setText("service_role")
    assert form.question is not None
    assert form.question.subject.can_bypass_rls
    for role, bypasses in (("service_role", True), ("editor", False)):
        form = opened(look, parent).form
        form.show_people([replace(ANNA, role=role)])
        form.who.setCurrentIndex(form.who.findText("anna"))
        assert form.question is not None
        assert form.question.subject.can_bypass_rls is bypasses


def test_size_and_type_of_an_object_to_come(look: Look, parent: QWidget) -> None:
    form = opened(look, parent).form
    form.details.set_open(True)
    form.size_bytes.setText("12 kB")
    assert form.size_field.problem
    assert form.question is None
    form.size_bytes.setText("12")
    form.mime_type.setText("image/png")
    question = form.question
    assert question is not None
    assert (question.size_bytes, question.mime_type) == (12, "image/png")


def test_the_answer_is_one_line_with_its_reason(look: Look, parent: QWidget) -> None:
    dialog = opened(look, parent)
    question = dialog.form.question
    assert question is not None
    dialog.show_answer(
        question, Answered(Explanation(True, "Allowed by “Members read”", Command.SELECT), is_there=True)
    )
    assert dialog.answer.verdict.text() == "Allowed"
    assert dialog.answer.reason.text() == "Allowed by “Members read”"
    dialog.show_answer(
        question, Answered(Explanation(False, "No policy lets anon read here", Command.SELECT), is_there=True)
    )
    assert dialog.answer.verdict.text() == "Denied"


def test_an_answer_to_an_earlier_question_is_dropped(look: Look, parent: QWidget) -> None:
    dialog = opened(look, parent)
    question = dialog.form.question
    assert question is not None
    dialog.form.path.setText("other")
    dialog.show_answer(question, Answered(Explanation(True, "old", Command.SELECT), is_there=True))
    assert dialog.answer.verdict.text() == "No answer yet"


def test_what_decided_is_marked_in_the_text_of_its_policy(look: Look, parent: QWidget) -> None:
    dialog = opened(look, parent)
    question = dialog.form.question
    assert question is not None
    verdicts = (
        a_verdict("own", "owner_id = 'x'", result=None),
        a_verdict("small", "owner_id < 'x'", result=False, permissive=False),
        a_verdict("others", "true", result=None, applies=False),
    )
    dialog.show_answer(question, Answered(Explanation(False, "Refused", Command.SELECT, verdicts), is_there=True))
    own, small, others = dialog.answer.verdicts
    assert own.code is not None
    assert [selection.cursor.selectedText() for selection in own.code.extraSelections()] == ["owner_id"]
    assert (own.outcome, small.outcome) == ("Does not let in", "Holds back")
    assert others.outcome == "Only for: Read, Everyone"
    assert others.code is None


def test_a_public_bucket_says_that_reading_is_open(look: Look, parent: QWidget) -> None:
    dialog = opened(look, parent, public=True)
    assert "public" in dialog.answer.notice.text()
    assert dialog.answer.notice.isVisible()


def test_paths_are_offered_while_one_is_typed(look: Look, parent: QWidget, qtbot: QtBot) -> None:
    dialog = opened(look, parent, "")
    asked: list[str] = []
    dialog.paths_wanted.connect(asked.append)
    dialog.form.path.setFocus()
    qtbot.keyClicks(dialog.form.path, "a/")
    qtbot.waitUntil(lambda: asked[-1:] == ["a/"])
    dialog.show_paths("a/", ["a/1.jpg", "a/2.jpg"])
    popup = dialog.form.path.completer().popup()
    assert popup.isVisible()
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert dialog.form.path.text() == "a/1.jpg"


@pytest.mark.parametrize(
    ("command", "is_there", "said"),
    [(0, True, ""), (0, False, "no object"), (1, False, ""), (1, True, "already"), (3, False, "no object")],
)
def test_it_says_what_the_answer_is_about(look: Look, parent: QWidget, command: int, is_there: bool, said: str) -> None:
    dialog = opened(look, parent)
    dialog.form.commands.button(command).click()
    question = dialog.form.question
    assert question is not None
    dialog.show_answer(question, Answered(Explanation(True, "Allowed", question.command), is_there))
    assert said in dialog.answer.remark.text()
    assert dialog.answer.remark.isVisible() is bool(said)
