"""How listings run under policies: as ranges of an index, without a sort, whatever else lies in the bucket."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, event

from engine.permissions.templates import specs_of
from engine.storage import FileStorage
from engine.types import Bucket, ListRequest, RlsContext
from engine.workspace import Workspace

Plans = Callable[[Callable[[], object]], list[str]]
BY_OWNER = "ix_storage_objects_owner (bucket_id=? AND owner_id=? AND parent"
BY_PATH = "ux_storage_objects_path (bucket_id=? AND parent"


@pytest.fixture
def plans(workspace: Workspace) -> Iterator[Plans]:
    """Return a function that tells how the database looks into the objects for a call."""
    engine = workspace._core.executor._engine
    seen: list[tuple[str, tuple[object, ...]]] = []

    def note(_c: Connection, _k: object, statement: str, values: tuple[object, ...], *_: object) -> None:
        if "storage_objects" in statement and not statement.startswith("EXPLAIN"):
            seen.append((statement, values))

    def of(call: Callable[[], object]) -> list[str]:
        seen.clear()
        call()
        with engine.connect() as connection:
            return [
                row[3]
                for statement, values in list(seen)
                for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
                if "storage_objects" in row[3] or "B-TREE" in row[3]
            ]

    event.listen(engine, "before_cursor_execute", note)
    yield of
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("template", "index"), [("owner-only", BY_OWNER), ("signed-in-read", BY_PATH), ("own-folder", BY_PATH)]
)
def test_a_listing_is_a_range_of_an_index(
    storage: FileStorage,
    bucket: Bucket,
    service: RlsContext,
    alice: RlsContext,
    plans: Plans,
    template: str,
    index: str,
) -> None:
    for spec in specs_of(template, "photos"):
        storage.policies.create(spec, service)
    calls: list[Callable[[], object]] = [
        lambda: storage.list("photos", ListRequest("f/"), alice),
        lambda: storage.list("photos", ListRequest("f/", descending=True), alice),
        lambda: storage.list("photos", ListRequest(), alice),
        lambda: storage.count_folder("photos", "f/", alice),
        lambda: list(storage.walk("photos", "f/", alice)),
        lambda: storage.tree_size("photos", "f/", alice),
    ]
    for call in calls:
        found = plans(call)
        assert found
        assert all(plan.startswith("SEARCH storage_objects USING") and index in plan for plan in found), found


def test_the_service_role_pays_nothing_for_policies(
    storage: FileStorage, bucket: Bucket, service: RlsContext, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.permissions.rules.generation_in", lambda _: pytest.fail("asked for policies"))
    engine = workspace._core.executor._engine
    asked: list[str] = []

    def note(_c: Connection, _k: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    storage.upload("photos", "a", b"x", service)
    storage.list("photos", ListRequest(), service)
    storage.move("photos", "a", "b", service)
    storage.delete("photos", "b", service)
    event.remove(engine, "before_cursor_execute", note)
    assert asked
    assert not [statement for statement in asked if "policies" in statement]


def test_many_rows_are_one_question(
    storage: FileStorage, bucket: Bucket, service: RlsContext, alice: RlsContext, workspace: Workspace
) -> None:
    for spec in specs_of("own-folder", "photos"):
        storage.policies.create(spec, service)
    folder = f"{alice.user_id}/"

    def asked(count: int) -> int:
        """Return how many statements moving a folder of some objects takes, beside those of its files."""
        for number in range(count):
            storage.upload("photos", f"{folder}{count}/{number}", b"x", alice)
        statements: list[str] = []

        def note(_c: Connection, _k: object, statement: str, *_: object) -> None:
            statements.append(statement)

        engine = workspace._core.executor._engine
        event.listen(engine, "before_cursor_execute", note)
        storage.move_folder("photos", f"{folder}{count}/", f"{folder}moved{count}/", alice)
        event.remove(engine, "before_cursor_execute", note)
        return len([one for one in statements if "CASE" in one or "json_each" in one])

    assert asked(3) == asked(30)
