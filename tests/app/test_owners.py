"""How the owners of objects are called in the window."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QLabel

from app.actions import ActionId
from app.bridge.acting import Acting, Identity
from app.bridge.owners import Owners
from app.bridge.tasks import Ticket
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


def test_who_acts_as_somebody_sees_their_name_and_nobody_elses(desk: Desk) -> None:
    users = desk.session._side._workspace.users
    alice, bob = (users.add(name, desk.me) for name in ("alice", "bob"))
    desk.bucket("photos")
    desk.adopt("public-read")
    desk.storage.upload("photos", "hers.txt", b"x", RlsContext.service(alice.id))
    desk.storage.upload("photos", "his.txt", b"x", RlsContext.service(bob.id))
    desk.put("mine.txt")
    desk.until(lambda: owners(desk) == {"hers.txt": "alice", "his.txt": "bob", "mine.txt": "You"})

    acting, me = desk.session._side.acting, desk.me.user_id or ""
    acting.begin(Identity("alice", users.context_of(alice)))
    desk.until(lambda: owners(desk) == {"hers.txt": "alice", "his.txt": bob.id[:8], "mine.txt": me[:8]})
    desk.session.actions[ActionId.INSPECTOR].trigger()
    desk.select("his.txt")
    desk.until(lambda: desk.views.inspector._facts.told.get("Owner") == bob.id[:8])

    acting.stop()
    desk.until(lambda: owners(desk) == {"hers.txt": "alice", "his.txt": "bob", "mine.txt": "You"})


class Reading:
    """Users, and readings of them that a test answers when it likes."""

    def __init__(self) -> None:
        self.name = "alice"
        self.generation = 1
        self.lists = 0
        self.waiting: list[Callable[[], None]] = []
        workspace = SimpleNamespace(
            owner_id="me",
            context=RlsContext.service("me"),
            access_generation=SimpleNamespace(current=lambda: self.generation),
            users=SimpleNamespace(list=self._list),
        )
        self.relay = SimpleNamespace(everything_changed=SimpleNamespace(connect=self._listen))
        self.parent = QObject()
        self.owners = Owners(workspace, Acting(workspace.context), self, self.relay, self.parent)  # type: ignore[arg-type]

    def read(self, work: Any, then: Any, _otherwise: Any, *, owner: QObject) -> None:
        answer = work(Ticket("", owner))
        self.waiting.append(lambda: then(answer))

    def _listen(self, look: Callable[[], None]) -> None:
        self.look = look

    def _list(self, _context: RlsContext) -> tuple[SimpleNamespace, ...]:
        self.lists += 1
        return (SimpleNamespace(id="a", name=self.name),)


def test_an_older_answer_does_not_replace_a_newer_one(qapp: QApplication) -> None:
    reading = Reading()
    reading.name, reading.generation = "alicia", 2
    reading.look()
    older, newer = reading.waiting
    newer()
    older()
    assert reading.owners.name_of("a") == "alicia"


def test_users_are_read_again_only_once_something_about_access_has_changed(qapp: QApplication) -> None:
    reading = Reading()
    reading.waiting.pop()()
    for _ in range(3):
        reading.look()
        reading.waiting.pop()()
    assert (reading.lists, reading.owners.name_of("a")) == (1, "alice")
    reading.name, reading.generation = "alicia", 2
    reading.look()
    reading.waiting.pop()()
    assert (reading.lists, reading.owners.name_of("a")) == (2, "alicia")
