"""What `auth.uid()` and its kin say in a call."""

from __future__ import annotations

import json

from engine.permissions.language import json_values
from engine.permissions.rows import Facts

Value = str | int | bool | None


def fact(name: str, facts: Facts) -> Value:
    """Return the value of a function that is the same for every row.

    Args:
        name: One of `signatures.FACTS`.
        facts: The call.
    """
    context = facts.context
    if name == "now":
        return facts.now_us
    if name == "auth.uid":
        return context.user_id
    if name == "auth.role":
        return context.role
    if name == "auth.jwt":
        return claims(facts)
    if name == "auth.email":
        return json_values.as_text(json_values.member(json_values.parsed(claims(facts)), "email"))
    return context.act.operation if context.act else None


def claims(facts: Facts) -> str:
    """Return what `auth.jwt()` says: all claims, `sub` and `role` as the context has them."""
    known = dict(facts.context.claims) | {"role": str(facts.context.role)}
    if facts.context.user_id is not None:
        known["sub"] = facts.context.user_id
    return json.dumps(known, ensure_ascii=False, default=str)
