"""How the owners of objects are called in the window."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from app.actions import ActionId
from app.models.cells import Column
from engine.context import RlsContext
from tests.app.helpers import Desk


def owners(desk: Desk) -> dict[str, str]:
    return {name: str(desk.model.index(row, Column.OWNER).data()) for row, name in enumerate(desk.names)}


def test_owners_are_called_by_their_names_as_these_change(desk: Desk) -> None:
    users = desk.session._side._workspace.users
    alice = users.add("alice", desk.me)
    stranger = "5f0c2a9e-0000-7000-8000-000000000000"
    desk.bucket("photos")
    desk.storage.upload("photos", "hers.txt", b"x", RlsContext.service(alice.id))
    desk.storage.upload("photos", "theirs.txt", b"x", RlsContext.service(stranger))
    desk.put("mine.txt")
    desk.until(lambda: owners(desk) == {"hers.txt": "alice", "mine.txt": "You", "theirs.txt": "5f0c2a9e"})
    row = desk.names.index("hers.txt")
    assert desk.model.index(row, Column.OWNER).data(Qt.ItemDataRole.ToolTipRole) == alice.id

    desk.session.actions[ActionId.INSPECTOR].trigger()
    desk.select("hers.txt")
    facts = desk.views.inspector._facts
    desk.until(lambda: facts.told.get("Owner") == "alice")
    shown = next(part for part in facts.findChildren(QLabel) if part.accessibleName() == "Owner: alice")
    assert shown.toolTip() == alice.id

    users.change(alice.id, desk.me, name="alicia")
    desk.until(lambda: owners(desk)["hers.txt"] == "alicia" and facts.told.get("Owner") == "alicia")
    users.remove(alice.id, desk.me)
    desk.until(lambda: owners(desk)["hers.txt"] == alice.id[:8])
