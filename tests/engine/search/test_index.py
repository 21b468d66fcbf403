"""The index of names: that it is used, follows whatever happens, and is made anew when it is not what it should be."""

from __future__ import annotations

import random

import pytest

from engine.cancel import CancelToken
from engine.metadata.executor import Transaction
from engine.metadata.tables import storage_objects
from engine.search import plans, trigrams
from engine.search.conditions import conditions_of
from engine.search.index import NameIndex, reach_of
from engine.search_types import SearchFilter
from engine.storage import FileStorage
from engine.types import RlsContext, SortColumn
from engine.workspace import Workspace
from tests.engine.search.conftest import Find, Put
from tests.policies import let_owners


def catch_up(index: NameIndex) -> None:
    index.catch_up(CancelToken())


def run(workspace: Workspace, statement: str) -> list[tuple[object, ...]]:
    with workspace._core.executor.transaction(workspace.context) as tx:
        return list(tx.run_text(statement))


def holds(workspace: Workspace) -> dict[str, bool]:
    """Return of every object whether it is in the index with its name."""
    with workspace._core.executor.snapshot(workspace.context) as tx:
        rows = tx.run_text("SELECT rowid, leaf FROM storage_objects")
        return {leaf: trigrams.has(tx, place, leaf) for place, leaf in rows}


def test_a_search_reads_only_what_the_index_names(
    workspace: Workspace, put: Put, find: Find, index: NameIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("report.txt", "letter.txt")
    catch_up(index)
    with workspace._core.executor.transaction(workspace.context) as tx:
        trigrams.forget(tx, [(1, "report.txt")])

    assert find("report") == []
    assert find("letter") == ["letter.txt"]


def test_all_that_happens_is_followed(workspace: Workspace, storage: FileStorage, put: Put, find: Find) -> None:
    chance, index, service = random.Random(7), NameIndex(workspace._core.executor), workspace.context
    names: set[str] = set()
    for number in range(120):
        name = f"{chance.choice('abcdefgh')}{number}-{chance.choice(['report', 'letter', 'Größe'])}.txt"
        match chance.randrange(5):
            case 0 | 1:
                put(name)
                names.add(name)
            case 2 if names:
                gone = chance.choice([max(names, key=len), *sorted(names)])
                storage.delete("photos", gone, service)
                names.remove(gone)
            case 3 if names:
                old = chance.choice(sorted(names))
                storage.move("photos", old, name, service)
                names = names - {old} | {name}
            case _:
                catch_up(index)
        for word in ("report", "grosse", "a1"):
            assert set(find(word)) == {name for name in names if word in name.casefold().replace("ö", "o")}

    catch_up(index)
    assert all(holds(workspace).values())
    assert run(workspace, "SELECT count(*) FROM storage_search_stale") == [(0,)]


def test_uploads_leave_no_work_behind_but_the_last_rows(workspace: Workspace, put: Put, index: NameIndex) -> None:
    put("a.txt")
    catch_up(index)
    put("b.txt", "c.txt")

    assert run(workspace, "SELECT indexed_to FROM storage_search_state") == [(1,)]
    assert run(workspace, "SELECT count(*) FROM storage_search_stale") == [(0,)]


def test_following_waits_until_it_is_quiet_and_is_no_change(workspace: Workspace, put: Put, index: NameIndex) -> None:
    put("a.txt")
    index.follow(CancelToken())
    assert run(workspace, "SELECT indexed_to FROM storage_search_state") == [(0,)]
    version = workspace.storage.data_version()

    index.follow(CancelToken())

    assert run(workspace, "SELECT indexed_to FROM storage_search_state") == [(1,)]
    assert workspace.storage.data_version() == version


def test_following_ends_when_somebody_changes_things_in_the_middle(
    workspace: Workspace, put: Put, index: NameIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step takes the interpreter and the lock of all who write, as whoever is busy just then would notice."""
    monkeypatch.setattr("engine.search.index._BATCH", 1)
    put("a.txt", "b.txt", "c.txt")
    index.follow(CancelToken())
    step = index._step

    def disturbed() -> None:
        step()
        put("d.txt")

    with monkeypatch.context() as busy:
        busy.setattr(index, "_step", disturbed)
        index.follow(CancelToken())
    assert run(workspace, "SELECT indexed_to FROM storage_search_state") == [(1,)]
    for _ in range(2):  # to see that nothing was changed since the last turn, and to go on
        index.follow(CancelToken())
    assert run(workspace, "SELECT indexed_to FROM storage_search_state") == [(4,)]


@pytest.mark.parametrize("damage", ["missing", "emptied", "of other objects"])
def test_an_index_that_is_not_that_of_these_objects_is_made_anew(
    workspace: Workspace, put: Put, find: Find, index: NameIndex, damage: str
) -> None:
    put("report.txt", "letter.txt", "invoice.txt")
    catch_up(index)
    with workspace._core.executor.transaction(workspace.context) as tx:
        _damage(tx, damage)
    put("second report.txt")
    anew = NameIndex(workspace._core.executor)

    catch_up(anew)

    assert find("report") == ["second report.txt", "report.txt"]
    assert all(holds(workspace).values())


def _damage(tx: Transaction, damage: str) -> None:
    """Let the index be what it should not."""
    if damage == "missing":
        trigrams.drop(tx)
    elif damage == "emptied":
        trigrams.drop(tx)
        trigrams.create(tx)
    else:
        tx.run_text("UPDATE storage_objects SET rowid = rowid + 100")


def test_without_its_table_a_search_reads_every_name(
    workspace: Workspace, put: Put, find: Find, index: NameIndex
) -> None:
    put("report.txt", "letter.txt")
    catch_up(index)
    with workspace._core.executor.transaction(workspace.context) as tx:
        trigrams.drop(tx)

    assert find("report") == ["report.txt"]


def test_where_there_can_be_no_index_searches_work_all_the_same(
    workspace: Workspace, put: Put, find: Find, index: NameIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trigrams, "_CREATE", ("CREATE VIRTUAL TABLE x USING no_such_module(name)",))
    put("report.txt", "letter.txt")

    catch_up(index)
    catch_up(index)

    assert find("report") == ["report.txt"]
    with workspace._core.executor.snapshot(workspace.context) as tx:
        assert reach_of(tx) == 0


@pytest.mark.parametrize("sort", [None, SortColumn.SIZE])
def test_the_index_is_read_first_whatever_else_has_one(
    workspace: Workspace, put: Put, index: NameIndex, sort: SortColumn | None
) -> None:
    """Whoever sees only what they own has an index of their own, and a folder has one."""
    let_owners(workspace.storage)
    put("a/report.txt")
    catch_up(index)
    alice = RlsContext.user("a11ce000-0000-4000-8000-000000000001")
    with workspace._core.executor.snapshot(alice) as tx:
        reach = reach_of(tx)
        wanted = SearchFilter("report", bucket="photos", prefix="a/")
        conditions = conditions_of(wanted, workspace.storage.get_bucket("photos", workspace.context).id, ("report",))
        ground = plans.Ground(tx, None, "", ("report",), conditions)
        query = plans._indexed(ground, '"rep"', reach)[0].query
        steps = tx.plan(query if sort is None else query.order_by(storage_objects.c.size_bytes)).splitlines()

    assert "storage_search_trigrams VIRTUAL TABLE" in steps[0]
    assert steps[1] == "SEARCH storage_objects USING INTEGER PRIMARY KEY (rowid=?)"
