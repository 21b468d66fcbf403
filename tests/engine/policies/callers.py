"""Who asks: nobody, two people, an editor by a custom role, and somebody whose id is no UUID."""

from __future__ import annotations

from typing import Any

from engine.context import Act, Operation, RlsContext
from tests.engine.policies.oracle import Caller
from tests.engine.policies.rows import ALICE, BOB


def _caller(label: str, role: str, operation: Operation, claims: dict[str, Any]) -> Caller:
    return Caller(label, role, {"role": role, **claims}, operation.value)


CALLERS = (
    _caller("anon", "anon", Operation.OBJECT_LIST, {}),
    _caller(
        "alice",
        "authenticated",
        Operation.OBJECT_GET,
        {"sub": ALICE, "email": "alice@example.com", "exp": 1_900_000_000, "app_metadata": {"team": "red", "level": 3}},
    ),
    _caller(
        "bob",
        "authenticated",
        Operation.OBJECT_UPLOAD,
        {"sub": BOB, "email": "Bob.Ärger@Example.com", "app_metadata": {"team": "blue", "admin": True, "tags": ["x"]}},
    ),
    _caller(
        "editor",
        "editor",
        Operation.OBJECT_SIGN,
        {"sub": BOB, "user_role": "editor", "level": 10, "teams": ["red", "blue"], "nothing": None, "big": 1e20},
    ),
    _caller("robot", "authenticated", Operation.OBJECT_DELETE, {"sub": "robot-7", "scope": "a b"}),
)


def context_of(caller: Caller) -> RlsContext:
    """Return the same caller as our engine knows them."""
    return RlsContext(
        user_id=caller.claims.get("sub"), role=caller.role, claims=caller.claims, act=Act(caller.operation)
    )
