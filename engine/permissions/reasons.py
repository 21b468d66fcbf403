"""One plain sentence for an explanation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.access_types import PolicyVerdict
from engine.permissions.rows import Command, PolicyTable
from engine.types import RlsContext

_DOING: Final = {
    PolicyTable.OBJECTS: {
        Command.SELECT: "read here",
        Command.INSERT: "add here",
        Command.UPDATE: "change here",
        Command.DELETE: "delete here",
    },
    PolicyTable.BUCKETS: {
        Command.SELECT: "see this bucket",
        Command.INSERT: "make this bucket",
        Command.UPDATE: "change this bucket",
        Command.DELETE: "delete this bucket",
    },
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that must be granted.

    Attributes:
        command: Whose policies are asked.
        verdicts: What they say, those that have a say alone.
    """

    command: Command
    verdicts: tuple[PolicyVerdict, ...]

    @property
    def granted(self) -> bool:
        """Whether it is: one permissive policy lets in, and no restrictive one holds back."""
        return not self.holding_back and any(verdict.result for verdict in self.letting_in)

    @property
    def letting_in(self) -> list[PolicyVerdict]:
        """The permissive ones."""
        return [verdict for verdict in self.verdicts if verdict.policy.spec.permissive]

    @property
    def holding_back(self) -> list[PolicyVerdict]:
        """The restrictive ones that do not agree."""
        return [verdict for verdict in self.verdicts if not verdict.policy.spec.permissive and not verdict.result]


def reason_of(who: RlsContext, table: PolicyTable, steps: Sequence[Step], *, public: bool) -> str:
    """Return why something is allowed, or not.

    Args:
        who: Whom it is about.
        table: Whose policies are asked.
        steps: What must be granted for it.
        public: Whether everybody may, beside all policies.
    """
    if who.can_bypass_rls:
        return "The service role bypasses all policies"
    if public:
        return "The bucket is public, so that anybody may read it"
    refused = next((step for step in steps if not step.granted), None)
    if refused is None:
        names = dict.fromkeys(
            verdict.policy.spec.name for step in steps for verdict in step.letting_in if verdict.result
        )
        return f"Allowed by {_listed(list(names))}"
    if not refused.letting_in:
        return f"No policy lets {who.role} {_DOING[table][refused.command]}"
    return _refusal(refused.holding_back or refused.letting_in)


def _refusal(verdicts: Sequence[PolicyVerdict]) -> str:
    """Return who refused, and for what."""
    first, more = verdicts[0], len(verdicts) - 1
    why = " and ".join(f"{culprit.text} is {culprit.value}" for culprit in first.culprits)
    others = f" (and {more} more)" if more else ""
    return f"Refused by {_listed([first.policy.spec.name])}{others}: {why}"


def _listed(names: Sequence[str]) -> str:
    return " and ".join(f"“{name}”" for name in names)
