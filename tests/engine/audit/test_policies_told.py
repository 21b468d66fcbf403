"""Who may do what is changed in the sight of the audit: what a policy says, and who was refused to say it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.access_types import AuditEntry, AuditResult, PolicyCommand, PolicySpec
from engine.context import Operation
from engine.errors import Unauthorized
from engine.permissions.rows import PolicyTable
from engine.storage import FileStorage
from engine.types import RlsContext

Entries = Callable[[], list[AuditEntry]]

SPEC = PolicySpec("read", PolicyTable.OBJECTS, PolicyCommand.SELECT, ("authenticated",), "owner_id = 'a'", None)


def _told(entries: Entries) -> list[AuditEntry]:
    return [entry for entry in entries() if entry.operation == Operation.POLICY_CHANGE]


def test_each_change_of_a_policy_leaves_one_entry_with_all_that_it_says(
    storage: FileStorage, service: RlsContext, entries: Entries
) -> None:
    made = storage.policies.create(SPEC, service)
    storage.policies.replace(made.id, SPEC, service)
    storage.policies.set_enabled(made.id, False, service)
    storage.policies.delete(made.id, service)
    told = _told(entries)
    assert [entry.result for entry in told] == [AuditResult.DONE] * 4
    assert {entry.path for entry in told} == {"read", made.id}
    said = [entry.detail for entry in told]
    assert sum(one.get("policy", {}).get("using") == "owner_id = 'a'" for one in said) == 3
    assert sum(one.get("policy", {}).get("enabled") is False for one in said) == 1
    assert [one["dropped"][0]["name"] for one in said if "dropped" in one] == ["read"]


def test_a_text_of_policies_leaves_one_entry(storage: FileStorage, service: RlsContext, entries: Entries) -> None:
    text = "create policy one on storage.objects for select to anon using (true); drop policy one on storage.objects;"
    storage.policies.apply(text, service)
    (entry,) = _told(entries)
    assert entry.detail["created"] == entry.detail["dropped"]
    assert entry.detail["created"][0]["roles"] == ["anon"]


def test_who_may_change_no_policy_is_written_down(storage: FileStorage, entries: Entries) -> None:
    with pytest.raises(Unauthorized):
        storage.policies.create(SPEC, RlsContext.anonymous())
    (entry,) = _told(entries)
    assert entry.result == AuditResult.DENIED
