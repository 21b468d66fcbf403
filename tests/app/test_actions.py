"""The action table: complete, without clashes, enabled when it makes sense."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app import menus
from app.action_set import SPECS, Actions
from app.actions import ActionId
from app.location import Location
from app.look import Look
from app.situation import Situation
from tests.app.helpers import make_bucket

BUCKET = make_bucket("photos")
HERE = Situation(place=Location("photos", "a/"), bucket=BUCKET)


@pytest.fixture
def actions(look: Look, qtbot: QtBot) -> Actions:
    window = QWidget()
    qtbot.addWidget(window)
    made = Actions(window, look.icons)
    made.window_kept = window
    return made


def enabled(actions: Actions, now: Situation) -> set[ActionId]:
    actions.update(now)
    return {name for name in ActionId if actions[name].isEnabled()}


def test_every_command_is_in_the_table_once() -> None:
    assert Counter(spec.id for spec in SPECS) == Counter(ActionId)


def test_no_two_commands_share_a_shortcut() -> None:
    keys = [key for spec in SPECS for key in spec.keys]
    assert len(keys) == len(set(keys))


def test_every_command_is_in_a_menu() -> None:
    shown = {entry for _, entries in menus.MENUS for entry in entries if entry is not None}
    assert shown == set(ActionId)


@pytest.mark.parametrize("name", [name for name in vars(menus) if name == "MENUS" or name.endswith("_MENU")])
def test_an_access_key_opens_one_command_of_its_menu(name: str) -> None:
    """Where two have the same letter it only goes to and fro between them."""
    texts = {spec.id: (spec.text, *((spec.otherwise.text,) if spec.otherwise else ())) for spec in SPECS}
    every = [entries for _, entries in menus.MENUS] if name == "MENUS" else [getattr(menus, name)]
    for entries in every:
        letters = [{access_key(text) for text in texts[entry]} for entry in entries if entry is not None]
        taken = Counter(letter for some in letters for letter in some)
        assert [letter for letter, times in taken.items() if times > 1 or not letter] == []


def access_key(text: str) -> str:
    found = re.search("&([a-z])", text.lower())
    return found[1] if found else ""


def test_every_command_says_what_it_does(actions: Actions) -> None:
    for action in actions.all():
        assert action.toolTip()
        assert not action.icon().isNull()


def test_a_command_without_handler_is_refused(actions: Actions) -> None:
    handlers = dict.fromkeys(ActionId, lambda: None)
    del handlers[ActionId.DELETE]
    with pytest.raises(KeyError):
        actions.connect_all(handlers)


def test_without_buckets_only_making_one_is_offered(actions: Actions) -> None:
    now = enabled(actions, Situation())
    assert ActionId.NEW_BUCKET in now
    assert not now & {ActionId.NEW_FOLDER, ActionId.UPLOAD_FILES, ActionId.DELETE, ActionId.UP, ActionId.PASTE}


def test_without_selection_nothing_is_deleted_or_renamed(actions: Actions) -> None:
    now = enabled(actions, HERE)
    assert {ActionId.NEW_FOLDER, ActionId.UPLOAD_FILES, ActionId.UP} <= now
    assert not now & {ActionId.DELETE, ActionId.RENAME, ActionId.DOWNLOAD, ActionId.COPY_LINK}


def test_links_are_for_objects_alone(actions: Actions) -> None:
    one = Situation(place=HERE.place, bucket=BUCKET, selected=1, selected_objects=1)
    mixed = Situation(place=HERE.place, bucket=BUCKET, selected=2, selected_objects=1)
    assert {ActionId.COPY_LINK, ActionId.LINK_DIALOG, ActionId.RENAME} <= enabled(actions, one)
    assert not enabled(actions, mixed) & {ActionId.COPY_LINK, ActionId.LINK_DIALOG}


def test_public_links_need_a_public_bucket(actions: Actions) -> None:
    public = make_bucket("open", public=True)
    one = Situation(place=Location("open"), bucket=public, selected=1, selected_objects=1)
    assert ActionId.COPY_PUBLIC_LINK in enabled(actions, one)
    private = Situation(place=HERE.place, bucket=BUCKET, selected=1, selected_objects=1)
    assert ActionId.COPY_PUBLIC_LINK not in enabled(actions, private)


def test_the_tree_is_a_target_of_its_own(actions: Actions) -> None:
    now = Situation(place=HERE.place, bucket=BUCKET, in_tree=Location("photos"), tree_bucket=BUCKET)
    assert {ActionId.RENAME, ActionId.DELETE, ActionId.DOWNLOAD} <= enabled(actions, now)


def test_a_folder_in_the_tree_stands_for_its_own_bucket() -> None:
    other = make_bucket("other")
    now = Situation(place=HERE.place, bucket=BUCKET, in_tree=Location("other", "a/"), node_bucket=other)
    assert now.target_bucket == other


def test_pasting_needs_something_to_paste(actions: Actions) -> None:
    assert ActionId.PASTE not in enabled(actions, HERE)
    assert ActionId.PASTE in enabled(actions, Situation(place=HERE.place, bucket=BUCKET, can_paste=True))


def test_a_key_that_is_held_down_is_one_command(actions: Actions) -> None:
    assert not any(action.autoRepeat() for action in actions.all())
