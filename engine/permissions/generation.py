"""The number of the state of everything that decides who may do what; what is remembered is keyed by it.

It is read in the transaction whose statements it counts for, so that rules and rows are always of one state.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, insert, select, update

from engine.metadata.commits import driver_of
from engine.metadata.tables import storage_settings

if TYPE_CHECKING:
    from engine.metadata.executor import Transaction

ACCESS_GENERATION: Final = "access_generation"
"""Name of the setting that holds it, a number as text."""

_S: Final = storage_settings.c
_STEPS: Final = 2**31
_DICE: Final = random.SystemRandom()
_QUERY: Final = select(_S.value).where(_S.name == ACCESS_GENERATION)
_READ: Final = f"SELECT value FROM storage_settings WHERE name = '{ACCESS_GENERATION}'"  # noqa: S608 - a constant


def generation_in(connection: Connection) -> int:
    """Return the generation of the state that a connection's transaction sees.

    Args:
        connection: Asked through the driver itself: a fraction of the cost of a statement.
    """
    found = driver_of(connection).execute(_READ).fetchone()
    return 0 if found is None else int(found[0])


def raise_generation(tx: Transaction) -> None:
    """Raise the generation in a transaction that changes policies, by a random step.

    One that is rolled back leaves a number behind that may be remembered, and that the next change must not come to.

    Args:
        tx: Of the service role.
    """
    found = tx.execute(_QUERY).scalar()
    raised = str(int(found or 0) + 1 + _DICE.randrange(_STEPS))
    if found is None:
        tx.execute(insert(storage_settings).values(name=ACCESS_GENERATION, value=raised))
    else:
        tx.execute(update(storage_settings).where(_S.name == ACCESS_GENERATION).values(value=raised))
    tx.forget_rules()
