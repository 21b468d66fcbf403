"""The one door to the tables: row rules in every statement, whole transactions, snapshots, a count of changes."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import (
    Connection,
    Engine,
    Executable,
    Select,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    true,
    update,
)
from sqlalchemy.exc import IntegrityError

from engine.errors import DatabaseFault, EngineBug
from engine.metadata.executor import Executor
from engine.metadata.tables import storage_buckets, storage_journal, storage_objects, storage_settings
from engine.permissions.rules import Command, PermissionChecker, Rule
from engine.types import RlsContext, Role
from tests.engine.metadata.conftest import ALICE, BOB, OWNERS, object_row

SERVICE = RlsContext.service()
CALLERS = {
    "anon": (RlsContext.anonymous(), set()),
    "alice": (RlsContext.user(ALICE), {"a1", "a2"}),
    "bob": (RlsContext.user(BOB), {"b1"}),
    "a stranger": (RlsContext.user("somebody else"), set()),
    "signed in without an id": (RlsContext(role=Role.AUTHENTICATED), set()),
    "anon with an id": (RlsContext(user_id=ALICE, role=Role.ANON), set()),
    "service": (SERVICE, set(OWNERS)),
}
O = storage_objects  # noqa: E741 - as short as the statements want it


@pytest.fixture(params=CALLERS)
def caller(request: pytest.FixtureRequest) -> RlsContext:
    """Return each kind of caller."""
    return CALLERS[request.param][0]


@pytest.fixture
def theirs(caller: RlsContext) -> set[str]:
    """Return the ids of the objects that are the caller's."""
    return next(ids for context, ids in CALLERS.values() if context is caller)


def ids(executor: Executor, context: RlsContext = SERVICE) -> set[str]:
    return {row[0] for row in executor.execute(select(O.c.id), context)}


class TestRowRules:
    SELECTS = (
        select(O.c.id),
        select(O.c.id).where(O.c.parent == "folder/"),
        select(O.c.id).where((O.c.owner_id == ALICE) | true()),
        select(O.c.id).select_from(O.outerjoin(storage_journal, storage_journal.c.id == O.c.journal_id)),
        select(O.c.id).select_from(storage_settings.join(O, true(), full=True)),
        select(O.c.id).join_from(O, storage_journal, storage_journal.c.id == O.c.journal_id, isouter=True),
        select(O.c.id).order_by(O.c.leaf.desc()).limit(10),
        select(O.c.id).distinct(),
        select(O.c.id).select_from(
            storage_settings.join(O.join(storage_journal, true(), full=True), true(), full=True)
        ),
    )

    @pytest.mark.parametrize("statement", SELECTS, ids=range(len(SELECTS)))
    def test_a_caller_sees_their_own_rows_alone(
        self, executor: Executor, caller: RlsContext, theirs: set[str], statement: Select[tuple[str]]
    ) -> None:
        assert {row[0] for row in executor.execute(statement, caller)} == theirs

    def test_nothing_can_be_counted_that_is_not_theirs(
        self, executor: Executor, caller: RlsContext, theirs: set[str]
    ) -> None:
        assert executor.execute(select(func.count()).select_from(O), caller)[0][0] == len(theirs)

    def test_buckets_are_seen_by_the_service_alone_also_through_a_join(
        self, executor: Executor, caller: RlsContext
    ) -> None:
        joined = select(storage_buckets.c.name).select_from(
            O.join(storage_buckets, storage_buckets.c.id == O.c.bucket_id)
        )
        nested = select(storage_buckets.c.name).select_from(
            storage_settings.join(O.join(storage_buckets, true()), true(), full=True)
        )
        for statement in (select(storage_buckets.c.name), joined, nested):
            assert bool(executor.execute(statement, caller)) is caller.can_bypass_rls

    @pytest.mark.parametrize("everything", [False, True])
    def test_only_their_own_rows_are_updated(
        self, executor: Executor, caller: RlsContext, theirs: set[str], everything: bool
    ) -> None:
        statement = update(O).values(mime_type="changed")
        executor.execute(statement.where(true()) if everything else statement, caller)

        changed = {row[0] for row in executor.execute(select(O.c.id).where(O.c.mime_type == "changed"), SERVICE)}
        assert changed == theirs

    def test_only_their_own_rows_are_deleted(self, executor: Executor, caller: RlsContext, theirs: set[str]) -> None:
        executor.execute(delete(O), caller)

        assert ids(executor) == set(OWNERS) - theirs

    def test_what_was_deleted_is_returned_and_nothing_else(
        self, executor: Executor, caller: RlsContext, theirs: set[str]
    ) -> None:
        assert {row[0] for row in executor.execute(delete(O).returning(O.c.id), caller)} == theirs

    def test_buckets_are_changed_by_the_service_alone(self, executor: Executor, caller: RlsContext) -> None:
        executor.execute(update(storage_buckets).values(public=False), caller)

        assert executor.execute(select(storage_buckets.c.public), SERVICE)[0][0] is not caller.can_bypass_rls

    def test_the_rules_hold_for_many_parameter_sets(self, executor: Executor) -> None:
        from sqlalchemy import bindparam

        with executor.transaction(RlsContext.user(ALICE)) as tx:
            statement = update(O).where(O.c.id == bindparam("row_id")).values(leaf=bindparam("new_leaf"))
            tx.execute(statement, [{"row_id": name, "new_leaf": f"new {name}"} for name in OWNERS])

        changed = {row[0] for row in executor.execute(select(O.c.id).where(O.c.leaf.like("new %")), SERVICE)}
        assert changed == {"a1", "a2"}

    def test_a_transaction_serves_two_callers_each_by_their_rules(self, executor: Executor) -> None:
        with executor.snapshot(RlsContext.anonymous()) as tx:
            assert tx.execute(select(O.c.id)).all() == []
            assert len(tx.as_caller(SERVICE).execute(select(O.c.id)).all()) == 4
            assert len(tx.as_caller(RlsContext.user(BOB)).execute(select(O.c.id)).all()) == 1
            assert tx.execute(select(O.c.id)).all() == []

    def test_the_rule_of_an_inner_part_can_be_had(
        self, executor: Executor, caller: RlsContext, theirs: set[str]
    ) -> None:
        with executor.snapshot(caller) as tx:
            rule = tx.rule(O, Command.SELECT)
            inner = select(O.c.id.label("found")) if rule is None else select(O.c.id.label("found")).where(rule)
            assert {row[0] for row in tx.execute(select(inner.cte("inner").c.found))} == theirs

    def test_a_table_under_another_name_is_refused_to_those_with_rules(self, executor: Executor) -> None:
        renamed = O.alias("other")

        with pytest.raises(EngineBug):
            executor.execute(select(renamed.c.id), RlsContext.user(ALICE))
        assert len(executor.execute(select(renamed.c.id), SERVICE)) == 4

    @pytest.mark.parametrize("statement", [select(storage_settings.c.name), select(literal(1))])
    def test_tables_without_rules_stay_as_they_are(self, executor: Executor, statement: Executable) -> None:
        assert executor.execute(statement, RlsContext.anonymous()) == executor.execute(statement, SERVICE)


class TestTransactions:
    def test_a_transaction_that_fails_leaves_nothing(self, executor: Executor) -> None:
        def fail() -> None:
            with executor.transaction(SERVICE) as tx:
                tx.execute(delete(O).where(O.c.id == "a1"))
                tx.execute(insert(storage_settings).values(name="x", value="y"))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()

        assert ids(executor) == set(OWNERS)
        assert executor.execute(select(storage_settings), SERVICE) == []
        executor.execute(delete(O), SERVICE)
        assert ids(executor) == set()

    def test_a_violated_constraint_rolls_back_and_passes_unchanged(self, executor: Executor) -> None:
        def insert_twice() -> None:
            with executor.transaction(SERVICE) as tx:
                tx.execute(insert(O).values(object_row("new", ALICE)))
                tx.execute(insert(O).values({**object_row("twin", ALICE), "leaf": "new"}))

        with pytest.raises(IntegrityError):
            insert_twice()

        assert ids(executor) == set(OWNERS)

    def test_an_object_needs_its_bucket(self, executor: Executor) -> None:
        with pytest.raises(IntegrityError):
            executor.execute(insert(O).values({**object_row("new", ALICE), "bucket_id": "none"}), SERVICE)

    def test_a_snapshot_sees_one_state_while_others_write(self, executor: Executor) -> None:
        with executor.snapshot(SERVICE) as tx:
            before = tx.execute(select(O.c.id)).all()
            executor.execute(delete(O), SERVICE)
            assert tx.execute(select(O.c.id)).all() == before

        assert ids(executor) == set()

    def test_writers_queue_and_lose_no_update(self, executor: Executor) -> None:
        executor.execute(insert(storage_settings).values(name="count", value="0"), SERVICE)
        table = storage_settings

        def add_one(_: int) -> None:
            with executor.transaction(SERVICE) as tx:
                value = int(tx.execute(select(table.c.value)).scalar_one())
                tx.execute(update(table).values(value=str(value + 1)))

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(add_one, range(80)))

        assert executor.execute(select(table.c.value), SERVICE)[0][0] == "80"

    def test_what_was_committed_is_there_for_another_process(self, executor: Executor, database_path: Path) -> None:
        executor.execute(delete(O).where(O.c.id == "a1"), SERVICE)

        with closing(sqlite3.connect(database_path)) as connection:
            assert connection.execute("SELECT count(*) FROM storage_objects").fetchone() == (3,)

    def test_many_rows_are_inserted_whatever_the_order_of_their_columns(self, executor: Executor) -> None:
        columns = ["value", "name"]
        with executor.transaction(SERVICE) as tx:
            tx.insert_rows(storage_settings, columns, [(f"value {n}", f"name {n}") for n in range(3)])

        rows = executor.execute(select(storage_settings.c.name, storage_settings.c.value), SERVICE)
        assert [tuple(row) for row in rows] == [(f"name {n}", f"value {n}") for n in range(3)]

    def test_many_rows_are_changed_and_only_the_callers_own(
        self, executor: Executor, caller: RlsContext, theirs: set[str]
    ) -> None:
        statement = update(O).where(O.c.id == bindparam("row_id")).values(mime_type=bindparam("new_type"))
        with executor.transaction(caller) as tx:
            tx.update_rows(statement, ["row_id", "new_type"], [(one, f"of/{one}") for one in OWNERS])

        changed = executor.execute(select(O.c.id, O.c.mime_type).where(O.c.mime_type.like("of/%")), SERVICE)
        assert {tuple(row) for row in changed} == {(one, f"of/{one}") for one in theirs}

    def test_a_closed_executor_refuses_everything(self, executor: Executor) -> None:
        executor.close()
        executor.close()

        for use in (
            lambda: executor.execute(select(O.c.id), SERVICE),
            lambda: executor.execute(delete(O), SERVICE),
            executor.data_version,
        ):
            with pytest.raises(DatabaseFault, match="closed"):
                use()

    def test_closing_waits_for_the_transaction_that_runs(self, database: Engine) -> None:
        executor = Executor(database, PermissionChecker())
        with ThreadPoolExecutor(1) as pool:
            with executor.transaction(SERVICE) as tx:
                closing_now = pool.submit(executor.close)
                tx.execute(insert(storage_settings).values(name="late", value="kept"))
            closing_now.result()

        with database.connect() as connection:
            assert connection.execute(select(storage_settings.c.value)).scalar_one() == "kept"


class TestDataVersion:
    def test_it_differs_after_each_change_and_only_then(self, executor: Executor) -> None:
        first = executor.data_version()
        ids(executor)
        assert executor.data_version() == first

        executor.execute(delete(O).where(O.c.id == "a1"), SERVICE)
        second = executor.data_version()
        assert second != first
        assert executor.data_version() == second

    def test_it_differs_after_a_change_by_another_process(self, executor: Executor, database_path: Path) -> None:
        before = executor.data_version()
        script = (
            "import sqlite3, sys; connection = sqlite3.connect(sys.argv[1]); "
            "connection.execute('DELETE FROM storage_objects'); connection.commit()"
        )
        subprocess.run([sys.executable, "-c", script, str(database_path)], check=True)

        assert executor.data_version() != before
        assert ids(executor) == set()

    def test_a_change_that_was_rolled_back_is_none(self, executor: Executor) -> None:
        before = executor.data_version()

        def fail() -> None:
            with executor.transaction(SERVICE) as tx:
                tx.execute(delete(O))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()

        assert executor.data_version() == before


class TestSideBySide:
    def test_while_one_transaction_reads_its_rules_another_can(self, database: Engine) -> None:
        begun, go_on = threading.Event(), threading.Event()

        class Slow(PermissionChecker):
            def rules_in(self, connection: Connection) -> tuple[Rule, ...]:
                if threading.current_thread().name == "slow":
                    begun.set()
                    go_on.wait(60)
                return super().rules_in(connection)

        executor = Executor(database, Slow())
        query = select(storage_objects.c.id)
        slow = threading.Thread(target=executor.execute, args=(query, RlsContext.user(ALICE)), name="slow")
        slow.start()
        try:
            assert begun.wait(60)
            assert executor.execute(query, RlsContext.user(BOB)) == []
            assert slow.is_alive()
        finally:
            go_on.set()
            slow.join()
            executor.close()

    def test_whoever_asks_after_a_commit_hears_of_it_however_many_ask(self, executor: Executor) -> None:
        for number in range(20):
            before = executor.data_version()
            with executor.transaction(RlsContext.service()) as tx:
                tx.execute(update(storage_objects).values(size_bytes=number + 2))
            with ThreadPoolExecutor(8) as threads:
                heard = list(threads.map(lambda _: executor.data_version(), range(32)))
            assert set(heard) == {before + 1}
