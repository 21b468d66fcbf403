"""Orders that belong together, of each bucket things come from one, carried out one after the other.

So whatever comes from a second bucket and meets what came from the first one is asked about like anything else.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence

from app.bridge.carriage import Carried, Order, Plan
from app.bridge.carrying import Carrier
from app.controllers.clashes import ClashDesk
from engine.transfers.values import Decision


class OrderRun:
    """See the module."""

    def __init__(
        self,
        carrier: Carrier,
        clashes: ClashDesk,
        failed: Callable[[Exception], None],
        then: Callable[[Sequence[Carried]], None],
    ) -> None:
        """Args: what carries; what asks; where failures go; what gets all that was done, unless that is nothing."""
        self._carrier = carrier
        self._clashes = clashes
        self._failed = failed
        self._then = then
        self._left: deque[Order] = deque()
        self._done: list[Carried] = []
        self._who = carrier.who

    def begin(self, orders: Sequence[Order]) -> None:
        """Carry out some orders."""
        self._left = deque(orders)
        self._go_on()

    def _go_on(self) -> None:
        if self._left and self._carrier.who is self._who:  # what was asked in one name is not done in another
            self._carrier.plan(self._left.popleft(), self._ask, self._fail)
        elif self._done:
            self._then(self._done)

    def _ask(self, plan: Plan) -> None:
        self._clashes.ask(plan, lambda answers: self._answered(plan, answers))

    def _answered(self, plan: Plan, answers: Mapping[str, Decision]) -> None:
        if self._carrier.who is self._who:
            self._carrier.carry(plan, answers, self._carried, self._fail)
        else:
            self._go_on()

    def _carried(self, done: Carried) -> None:
        self._done.append(done)
        if done.ended is not None:
            self._left.clear()  # stopped, or in vain for the rest too
        self._go_on()

    def _fail(self, error: Exception) -> None:
        """Say why one came to nothing, after what was done before; then the rest is not begun either."""
        self._left.clear()
        self._go_on()
        self._failed(error)
