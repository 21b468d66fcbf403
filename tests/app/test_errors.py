"""The one presenter: each family of errors in its own way."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.dialogs.bug_dialog import BugDialog
from app.errors import ErrorPresenter
from app.look import Look
from app.views.shell import Shell
from app.widgets.banner import Offer
from engine.errors import BucketNotEmpty, Cancelled, DiskFull, EngineBug, InvalidKey


@pytest.fixture
def shell(look: Look) -> Iterator[Shell]:
    shell = Shell(look)
    shell.show()
    yield shell
    shiboken6.delete(shell)


@pytest.fixture
def errors(look: Look, shell: Shell) -> ErrorPresenter:
    return ErrorPresenter(look, shell, shell.banners, shell.toast)


def bug_dialogs(shell: Shell) -> list[BugDialog]:
    return [dialog for dialog in shell.findChildren(BugDialog) if dialog.isVisible()]


class Asked:
    """A dialog that waits for an answer."""

    def __init__(self) -> None:
        self.is_open = True
        self.reasons: list[str] = []

    def refuse(self, reason: str) -> None:
        self.reasons.append(reason)


def test_wrong_input_stands_in_the_dialog_that_asked_for_it(errors: ErrorPresenter, shell: Shell) -> None:
    asked = Asked()
    errors.in_dialog(asked)(InvalidKey("Invalid key: a//"))
    assert asked.reasons == ["Invalid key: a//"]
    assert not shell.toast.isVisible()
    assert shell.banners.banners == []


def test_a_dialog_that_was_closed_meanwhile_is_left_alone(errors: ErrorPresenter, shell: Shell) -> None:
    asked = Asked()
    asked.is_open = False
    errors.in_dialog(asked)(InvalidKey("Invalid key: a//"))
    assert asked.reasons == []
    assert shell.toast.text == "Invalid key: a//"


def test_a_dialog_says_what_the_machine_refused_too_and_goes_on(errors: ErrorPresenter, shell: Shell) -> None:
    asked = Asked()
    errors.in_dialog(asked)(DiskFull("The disk is full"))
    errors.in_dialog(asked)(Cancelled("Cancelled"))
    assert asked.reasons == ["The disk is full. Free some space, then try again.", ""]
    assert len(shell.banners.banners) == 1


def test_wrong_input_without_a_field_is_a_toast_with_what_to_do(errors: ErrorPresenter, shell: Shell) -> None:
    errors.present(BucketNotEmpty("The bucket is not empty"))
    assert shell.toast.text == "The bucket is not empty. Empty the bucket first."


def test_a_fault_of_the_machine_is_a_banner_with_what_to_do(errors: ErrorPresenter, shell: Shell) -> None:
    mended = []
    errors.present(DiskFull("The disk is full"), offer=Offer("Try again", lambda: mended.append(1)))
    [banner] = shell.banners.banners
    assert banner.accessibleName() == "The disk is full Free some space, then try again."
    next(button for button in banner.findChildren(QPushButton) if button.text() == "Try again").click()
    assert mended == [1]
    assert shell.banners.banners == []


def test_the_same_fault_again_is_not_a_second_banner(errors: ErrorPresenter, shell: Shell) -> None:
    for _ in range(5):
        errors.present(DiskFull("The disk is full"))
    assert len(shell.banners.banners) == 1


def test_different_faults_do_not_fill_the_window(errors: ErrorPresenter, shell: Shell) -> None:
    for number in range(10):
        errors.present(DiskFull(f"The disk {number} is full"))
    assert [banner.message for banner in shell.banners.banners] == [f"The disk {n} is full" for n in (9, 8, 7)]


@pytest.mark.parametrize("error", [EngineBug("row without version"), KeyError("x")])
def test_our_own_bug_is_a_dialog_whose_details_can_be_copied(
    errors: ErrorPresenter, shell: Shell, error: Exception
) -> None:
    errors.present(error)
    [dialog] = bug_dialogs(shell)
    details = dialog.findChild(QPlainTextEdit).toPlainText()
    assert type(error).__name__ in details
    assert "Qt 6" in details
    next(b for b in dialog.findChildren(QPushButton) if b.accessibleName() == "Copy details").click()
    assert QGuiApplication.clipboard().text() == details


def test_a_second_bug_does_not_stack_dialogs(errors: ErrorPresenter, shell: Shell) -> None:
    errors.present(KeyError("x"))
    errors.present(KeyError("y"))
    assert len(bug_dialogs(shell)) == 1


def test_cancelling_is_silent(errors: ErrorPresenter, shell: Shell) -> None:
    errors.present(Cancelled("Cancelled"))
    assert not shell.toast.isVisible()
    assert shell.banners.banners == []
    assert bug_dialogs(shell) == []


def test_an_error_in_another_thread_is_shown_in_this_one(errors: ErrorPresenter, shell: Shell, qtbot: QtBot) -> None:
    thread = threading.Thread(target=lambda: errors.report_from_anywhere(DiskFull("The disk is full")))
    thread.start()
    thread.join()
    assert shell.banners.banners == []
    qtbot.waitUntil(lambda: len(shell.banners.banners) == 1)
