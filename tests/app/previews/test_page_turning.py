"""Pages of a document that are turned more quickly than they are drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QSize

from app.bridge.tasks import Ticket
from app.controllers.page_turning import PageTurner
from app.previews.shapes import Picture

SOURCE: Any = SimpleNamespace()


def page(number: int) -> Picture:
    return Picture((), QSize(10, 10), page=number, pages=9)


@dataclass
class Drawing:
    """Draws pages when a test likes."""

    asked: list[int] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    waiting: list[Any] = field(default_factory=list)

    def page(self, _source: object, number: int, _edge_px: int, then: Any, otherwise: Any) -> Ticket:
        self.asked.append(number)
        self.tickets.append(Ticket("", None))
        self.waiting.append((then, otherwise))
        return self.tickets[-1]

    def show(self, picture: Picture) -> None:
        self.seen.append(picture.page)

    def draw(self) -> None:
        self.waiting[-1][0](page(self.asked[-1]))

    def fail(self) -> None:
        self.waiting[-1][1](ValueError())


@pytest.fixture
def drawing() -> Drawing:
    return Drawing()


@pytest.fixture
def turner(drawing: Drawing) -> PageTurner:
    return PageTurner(drawing, drawing.show)  # type: ignore[arg-type] # draws, as the previewer does


def test_pages_are_seen_while_the_key_is_held_and_none_between_is_drawn(drawing: Drawing, turner: PageTurner) -> None:
    for _ in range(5):
        assert turner.turn(SOURCE, page(0), 1, 100)
    assert drawing.asked == [1]
    drawing.draw()
    assert (drawing.seen, drawing.asked) == ([1], [1, 5])
    drawing.draw()
    assert (drawing.seen, drawing.asked) == ([1, 5], [1, 5])
    assert not any(ticket.token.cancelled for ticket in drawing.tickets)


def test_the_last_page_is_the_end(drawing: Drawing, turner: PageTurner) -> None:
    assert turner.turn(SOURCE, page(7), 5, 100)
    assert not turner.turn(SOURCE, page(7), 1, 100)
    drawing.draw()
    assert drawing.seen == [8]
    assert turner.turn(SOURCE, page(8), -1, 100)


def test_a_page_that_can_not_be_drawn_is_passed(drawing: Drawing, turner: PageTurner) -> None:
    turner.turn(SOURCE, page(0), 1, 100)
    drawing.fail()
    turner.turn(SOURCE, page(0), 1, 100)
    assert drawing.asked == [1, 2]
    drawing.fail()
    turner.turn(SOURCE, page(0), -2, 100)
    drawing.draw()
    assert (drawing.seen, drawing.asked) == ([0], [1, 2, 0])
    turner.turn(SOURCE, page(0), 3, 100)
    assert drawing.asked[-1] == 3


def test_the_newest_page_wanted_comes_though_the_one_before_it_can_not_be_drawn(
    drawing: Drawing, turner: PageTurner
) -> None:
    for _ in range(4):
        turner.turn(SOURCE, page(0), 1, 100)
    drawing.fail()
    assert drawing.asked == [1, 4]
    drawing.draw()
    assert drawing.seen == [4]


def test_something_else_that_is_shown_ends_it(drawing: Drawing, turner: PageTurner) -> None:
    turner.turn(SOURCE, page(0), 3, 100)
    turner.stop()
    assert drawing.tickets[0].token.cancelled
    turner.turn(SOURCE, page(0), 1, 100)
    assert drawing.asked == [3, 1]
