"""Sees and finds what a window shows the way a screen reader does: over AT-SPI, without its registry.

A private message bus is enough: Qt puts the tree of its widgets on whatever bus `AT_SPI_BUS_ADDRESS` names.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeVar

from jeepney import DBusAddress, DBusErrorResponse, Properties, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

T = TypeVar("T")

ROOT_PATH: Final = "/org/a11y/atspi/accessible/root"
REPLY_S: Final = 10.0
CHILDREN_MAX: Final = 300
"""Children of one node that are looked at: a table of thousands of cells is not read whole."""

PAUSE_S: Final = 0.05
"""The shortest pause between two looks."""

_ITEMS: Final = frozenset({"cell", "column header", "list item", "tree item"})
"""Roles of what views show: most of a window's nodes, with nothing below them that would have to be asked for."""

_SHOWING: Final = 25
_ENABLED: Final = 8
_INTERFACE: Final = "org.a11y.atspi."


_NULL_PATH: Final = "/org/a11y/atspi/null"


@dataclass(frozen=True)
class Box:
    """A rectangle of the screen, in pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def centre(self) -> tuple[int, int]:
        """Return the point in the middle."""
        return self.x + self.width // 2, self.y + self.height // 2


@dataclass(frozen=True)
class Node:
    """One thing that is shown: a button, a row, a window."""

    bus: AccessibilityBus
    owner: str
    path: str

    @property
    def name(self) -> str:
        """Return what a screen reader calls it."""
        return str(self.bus.property_of(self, "Accessible", "Name"))

    @cached_property
    def role(self) -> str:
        """Return what kind of thing it is, such as `push button`: the same as long as it lives."""
        return str(self.bus.call(self, "Accessible", "GetRoleName")[0])

    @property
    def children(self) -> list[Node]:
        """Return what lies in it."""
        return [Node(self.bus, *child) for child in self.bus.call(self, "Accessible", "GetChildren")[0][:CHILDREN_MAX]]

    @property
    def shown(self) -> bool:
        """Return whether it is on the screen."""
        return self._has_state(_SHOWING)

    @property
    def enabled(self) -> bool:
        """Return whether it can be used."""
        return self._has_state(_ENABLED)

    @property
    def text(self) -> str:
        """Return what is written in it, where it holds text."""
        return str(self.bus.call(self, "Text", "GetText", "ii", (0, -1))[0])

    @property
    def box(self) -> Box:
        """Return where it is."""
        return Box(*self.bus.call(self, "Component", "GetExtents", "u", (0,))[0])

    def at(self, x: int, y: int) -> Node | None:
        """Return what lies at a point of the screen in it, if anything."""
        owner, path = self.bus.call(self, "Component", "GetAccessibleAtPoint", "iiu", (x, y, 0))[0]
        return None if path == _NULL_PATH else Node(self.bus, owner, path)

    def _has_state(self, state: int) -> bool:
        words = self.bus.call(self, "Accessible", "GetState")[0]
        return bool(words[state // 32] >> (state % 32) & 1)


class AccessibilityBus:
    """A connection to the bus that windows put themselves on."""

    def __init__(self, address: str) -> None:
        self._connection: DBusConnection = open_dbus_connection(address)

    def close(self) -> None:
        """Let the bus go."""
        self._connection.close()

    def applications(self) -> list[Node]:
        """Return the root of every program on the bus."""
        daemon = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
        names = self._ask(new_method_call(daemon, "ListNames"))[0]
        roots = [
            Node(self, name, ROOT_PATH) for name in names if name[0] == ":" and name != self._connection.unique_name
        ]
        return [root for root in roots if _answers(root)]

    def walk(self, root: Node | None = None) -> Iterator[Node]:
        """Go through everything that is shown, parents first.

        Args:
            root: Where to begin, or None for all programs.
        """
        pending = [root] if root else self.applications()
        while pending:
            node = pending.pop(0)
            try:
                if node.path != ROOT_PATH and not node.shown:
                    continue
                children = [] if node.role in _ITEMS else node.children
            except DBusErrorResponse:
                continue  # it went away while we looked
            yield node
            pending[:0] = children

    def find(self, wanted: Callable[[Node], bool], root: Node | None = None) -> Node | None:
        """Return the first shown node that fits, or None.

        Args:
            wanted: Whether a node fits.
            root: Where to look, or None for everywhere.
        """
        for node in self.walk(root):
            try:
                if wanted(node):
                    return node
            except DBusErrorResponse:
                continue
        return None

    def wait(self, wanted: Callable[[Node], bool], what: str, timeout_s: float = 20.0) -> Node:
        """Wait until a node that fits is shown.

        Args:
            wanted: Whether a node fits.
            what: What is waited for, for the error.
            timeout_s: How long.

        Raises:
            TimeoutError: Nothing that fits appeared.
        """
        return awaited(lambda: self.find(wanted), f"{what} did not appear within {timeout_s:.0f} s", timeout_s)

    def call(
        self, node: Node, interface: str, method: str, signature: str = "", arguments: tuple[Any, ...] = ()
    ) -> Any:
        """Call a method of AT-SPI."""
        address = DBusAddress(node.path, node.owner, _INTERFACE + interface)
        return self._ask(new_method_call(address, method, signature or None, arguments))

    def property_of(self, node: Node, interface: str, name: str) -> Any:
        """Read a property of AT-SPI."""
        address = DBusAddress(node.path, node.owner, _INTERFACE + interface)
        return self._ask(Properties(address).get(name))[0][1]

    def _ask(self, message: Any) -> Any:
        reply = self._connection.send_and_get_reply(message, timeout=REPLY_S)
        if reply.header.message_type.name == "error":
            raise DBusErrorResponse(reply)
        return reply.body


def awaited(look: Callable[[], T | None], otherwise: str, timeout_s: float) -> T:
    """Look again and again until there is something.

    A look asks a window hundreds of questions. So that it gets on with what is waited for, it has two thirds of the
    time to itself.

    Args:
        look: Returns what is there, or something false.
        otherwise: What the error says.
        timeout_s: How long.

    Raises:
        TimeoutError: There was nothing until then.
    """
    end_s = time.monotonic() + timeout_s
    while True:
        began_s = time.monotonic()
        if found := look():
            return found
        now_s = time.monotonic()
        if now_s > end_s:
            raise TimeoutError(otherwise)
        time.sleep(max(PAUSE_S, 2 * (now_s - began_s)))


def _answers(root: Node) -> bool:
    try:
        return bool(root.children)
    except (DBusErrorResponse, TimeoutError):
        return False
