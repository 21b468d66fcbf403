"""The store of policies: what is kept of them, where they belong, and who may say so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.access_types import PolicyCommand, PolicySpec
from engine.context import RlsContext
from engine.errors import (
    BucketNotFound,
    InvalidPolicy,
    InvalidRequest,
    ObjectChanged,
    ObjectNotFound,
    PolicyAlreadyExists,
    PolicyNotFound,
    Unauthorized,
)
from engine.permissions.rows import PolicyTable
from engine.storage import FileStorage
from engine.types import Bucket, BucketChanges
from engine.workspace import Workspace, open_workspace
from tests.engine.permissions.conftest import Let


def spec(name: str = "p", command: str = "SELECT", **more: object) -> PolicySpec:
    return PolicySpec(name, PolicyTable.OBJECTS, PolicyCommand(command), **more)  # type: ignore[arg-type]


def names(storage: FileStorage, service: RlsContext, bucket: str | None = None) -> list[str]:
    return [policy.spec.name for policy in storage.policies.list(service, bucket)]


class TestBelonging:
    def test_a_policy_of_one_bucket_belongs_to_it(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext
    ) -> None:
        made = storage.policies.create(spec(using="bucket_id = 'photos' AND name LIKE 'a/%'"), service)
        assert made.bucket == "photos"
        assert made.spec.using is not None
        assert "bucket_id" not in made.spec.using
        assert storage.policies.list(service) == (made,)

    def test_nothing_else_is_everything_there(self, storage: FileStorage, bucket: Bucket, service: RlsContext) -> None:
        made = storage.policies.create(spec(using="bucket_id = 'photos'"), service)
        assert (made.bucket, made.spec.using) == ("photos", "true")

    @pytest.mark.parametrize(
        ("using", "check"),
        [
            ("bucket_id = 'photos'", "true"),
            ("bucket_id = 'photos'", "bucket_id = 'other'"),
            ("bucket_id = 'missing'", None),
            ("bucket_id = 'photos' OR true", None),
        ],
    )
    def test_any_other_speaks_of_all_buckets(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, using: str, check: str | None
    ) -> None:
        storage.create_bucket("other", service)
        made = storage.policies.create(spec(command="ALL", using=using, check=check), service)
        assert (made.bucket, made.spec.using, made.spec.check) == (None, using, check)

    def test_it_follows_the_name_of_its_bucket(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, anon: RlsContext
    ) -> None:
        storage.upload("photos", "a", b"x", service)
        storage.policies.create(spec(using="bucket_id = 'photos'"), service)
        storage.update_bucket("photos", service, BucketChanges(name="pictures"))
        assert [policy.bucket for policy in storage.policies.list(service)] == ["pictures"]
        assert storage.exists("pictures", "a", anon)
        other = storage.create_bucket("photos", service)
        storage.upload("photos", "a", b"x", service)
        assert not storage.exists(other.id, "a", anon)

    def test_it_goes_with_its_bucket(self, storage: FileStorage, bucket: Bucket, service: RlsContext, let: Let) -> None:
        storage.create_bucket("other", service)
        let("SELECT", "true", name="of photos")
        let("SELECT", "true", name="of other", bucket="other")
        let("SELECT", "true", name="of all", bucket=None)
        assert names(storage, service, "photos") == ["of all", "of photos"]
        storage.delete_bucket("photos", service)
        assert names(storage, service) == ["of all", "of other"]

    def test_what_somebody_else_has_changed_is_not_overwritten(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, let: Let
    ) -> None:
        seen = let("SELECT", "true").spec
        made = storage.policies.replace(let("SELECT", "true", name="two").id, spec("two", using="false"), service)
        with pytest.raises(ObjectChanged):
            storage.policies.replace(made.id, spec("two", using="name = 'x'"), service, seen=seen)
        assert [one.spec.using for one in storage.policies.list(service) if one.id == made.id] == ["false"]
        kept = storage.policies.replace(made.id, spec("two", using="name = 'x'"), service, seen=made.spec)
        assert kept.spec.using == "name = 'x'"

    def test_it_stays_with_its_bucket_when_it_is_changed(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, let: Let
    ) -> None:
        storage.create_bucket("other", service)
        made = let("SELECT", "true")
        assert storage.policies.replace(made.id, spec(using="false"), service).bucket == "photos"
        moved = storage.policies.replace(made.id, spec(using="bucket_id = 'other'"), service)
        assert (moved.id, moved.bucket, moved.spec.using) == (made.id, "other", "true")

    def test_a_bucket_that_is_not_there(self, storage: FileStorage, service: RlsContext) -> None:
        with pytest.raises(BucketNotFound):
            storage.policies.create(spec(using="true"), service, "missing")
        with pytest.raises(BucketNotFound):
            storage.policies.list(service, "missing")

    def test_policies_about_buckets_belong_to_none(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext
    ) -> None:
        about = PolicySpec("p", PolicyTable.BUCKETS, PolicyCommand.SELECT, using="true")
        with pytest.raises(InvalidRequest):
            storage.policies.create(about, service, "photos")
        assert storage.policies.create(about, service).bucket is None


class TestChanging:
    def test_names_are_taken_once_a_table(self, storage: FileStorage, bucket: Bucket, service: RlsContext) -> None:
        first = storage.policies.create(spec("one", using="true"), service)
        second = storage.policies.create(spec("two", using="true"), service)
        with pytest.raises(PolicyAlreadyExists):
            storage.policies.create(spec("one", using="true"), service)
        with pytest.raises(PolicyAlreadyExists):
            storage.policies.replace(second.id, spec("one", using="true"), service)
        assert storage.policies.replace(first.id, spec("one", using="false"), service).spec.using == "false"
        about = PolicySpec("one", PolicyTable.BUCKETS, PolicyCommand.SELECT, using="true")
        assert storage.policies.create(about, service).spec.name == "one"

    @pytest.mark.parametrize(
        "wrong",
        [
            spec("", using="true"),
            spec("x" * 201, using="true"),
            spec("a\nb", using="true"),
            spec(using="true", roles=()),
            spec(using="true", roles=("",)),
            spec(command="INSERT", using="true"),
            spec(command="SELECT", using="true", check="true"),
            spec(command="DELETE", check="true"),
            spec(using="missing_column = 1"),
            spec(using="(SELECT 1 FROM users) = 1"),
            spec(command="ALL", using="true", check="drop table"),
        ],
        ids=range(11),
    )
    def test_what_could_not_be_applied_is_refused(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, wrong: PolicySpec
    ) -> None:
        kept = storage.policies.create(spec("kept", using="true"), service)
        with pytest.raises(InvalidRequest):
            storage.policies.create(wrong, service)
        with pytest.raises(InvalidRequest):
            storage.policies.replace(kept.id, wrong, service)
        assert storage.policies.list(service) == (kept,)

    def test_what_is_disabled_does_not_count(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, anon: RlsContext, let: Let
    ) -> None:
        storage.upload("photos", "a", b"x", service)
        made = let("SELECT", "true")
        assert storage.exists("photos", "a", anon)
        assert not storage.policies.set_enabled(made.id, False, service).enabled
        assert not storage.exists("photos", "a", anon)
        assert storage.policies.set_enabled(made.id, True, service).enabled
        assert storage.exists("photos", "a", anon)
        storage.policies.delete(made.id, service)
        assert not storage.exists("photos", "a", anon)

    def test_what_is_not_there(self, storage: FileStorage, service: RlsContext) -> None:
        for call in (
            lambda: storage.policies.delete("none", service),
            lambda: storage.policies.set_enabled("none", True, service),
            lambda: storage.policies.replace("none", spec(using="true"), service),
        ):
            with pytest.raises(PolicyNotFound):
                call()

    def test_only_the_service_role_may(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, alice: RlsContext, let: Let
    ) -> None:
        made = let("ALL", "true", "true")
        policies = storage.policies
        for call in (
            lambda: policies.list(alice),
            lambda: policies.create(spec("mine", using="true"), alice),
            lambda: policies.replace(made.id, spec(using="true"), alice),
            lambda: policies.set_enabled(made.id, False, alice),
            lambda: policies.delete(made.id, alice),
            lambda: policies.apply("DROP POLICY p1 ON storage.objects", alice),
        ):
            with pytest.raises(Unauthorized):
                call()
        assert policies.list(service) == (made,)


class TestStatements:
    def test_a_text_of_a_supabase_project(self, storage: FileStorage, bucket: Bucket, service: RlsContext) -> None:
        changes = storage.policies.apply(
            """
            create policy "Own folder" on storage.objects for select to authenticated
              using (bucket_id = 'photos' and (storage.foldername(name))[1] = (select auth.uid()::text));
            create policy "Everybody" on storage.buckets for select using (true);
            drop policy if exists "Never" on storage.objects;
            """,
            service,
        )
        assert [(one.spec.name, one.bucket) for one in changes.created] == [
            ("Own folder", "photos"),
            ("Everybody", None),
        ]
        assert changes.dropped == ()
        changes = storage.policies.apply(
            'drop policy "Everybody" on storage.buckets; create policy "Everybody" on storage.buckets using (true);',
            service,
        )
        assert [len(changes.created), len(changes.dropped)] == [1, 1]

    @pytest.mark.parametrize(
        ("last", "error"),
        [
            ('create policy "taken" on storage.objects using (true)', PolicyAlreadyExists),
            ('create policy "one" on storage.objects using (true)', PolicyAlreadyExists),
            ('drop policy "none" on storage.objects', PolicyNotFound),
            ('create policy "two" on storage.objects using (nonsense)', InvalidPolicy),
            ("drop table storage.objects", InvalidPolicy),
        ],
    )
    def test_it_is_all_or_nothing(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, last: str, error: type[Exception]
    ) -> None:
        kept = storage.policies.create(spec("taken", using="true"), service)
        text = f"""
            create policy "one" on storage.objects using (true);
            drop policy "taken" on storage.objects;
            create policy "taken" on storage.objects using (false);
            {last};
        """
        with pytest.raises(error):
            storage.policies.apply(text, service)
        assert storage.policies.list(service) == (kept,)


def test_what_another_process_changes_counts_at_once(
    workspace: Workspace, storage: FileStorage, bucket: Bucket, service: RlsContext, anon: RlsContext, let: Let
) -> None:
    storage.upload("photos", "a", b"x", service)
    made = let("SELECT", "true")
    assert storage.exists("photos", "a", anon)
    with open_workspace(workspace.settings, workspace.secrets, workspace._core.backend) as other:
        other.storage.policies.set_enabled(made.id, False, service)
        assert not storage.exists("photos", "a", anon)
        other.storage.policies.set_enabled(made.id, True, service)
        assert storage.exists("photos", "a", anon)


def test_a_change_that_was_rolled_back_is_never_remembered(
    workspace: Workspace, storage: FileStorage, bucket: Bucket, service: RlsContext, anon: RlsContext, let: Let
) -> None:
    from sqlalchemy import select, update

    from engine.metadata.tables import storage_policies
    from engine.permissions.generation import raise_generation

    storage.upload("photos", "a", b"x", service)
    made = let("SELECT", "false")
    executor = workspace._core.executor

    def read_and_fail() -> None:
        with executor.transaction(service) as tx:
            tx.execute(update(storage_policies).values(using_text="true"))
            raise_generation(tx)
            as_anon = tx.as_caller(anon)
            from engine.metadata.tables import storage_objects

            assert len(as_anon.execute(select(storage_objects.c.id)).all()) == 1
            raise ZeroDivisionError

    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            read_and_fail()
        assert not storage.exists("photos", "a", anon)
        storage.policies.replace(made.id, spec(using="false"), service)
        assert not storage.exists("photos", "a", anon)


@pytest.mark.parametrize("permissive", [True, False])
def test_a_policy_that_cannot_be_read_opens_nothing(
    workspace: Workspace, storage: FileStorage, bucket: Bucket, service: RlsContext, anon: RlsContext, let: Let,
    caplog: pytest.LogCaptureFixture, permissive: bool,
) -> None:  # fmt: skip
    from sqlalchemy import update

    from engine.metadata.tables import storage_policies
    from engine.permissions.generation import raise_generation

    storage.upload("photos", "a", b"x", service)
    if not permissive:
        let("SELECT", "true")
    made = let("SELECT", "true", permissive=permissive)
    assert storage.exists("photos", "a", anon)
    with workspace._core.executor.transaction(service) as tx:
        tx.execute(
            update(storage_policies).where(storage_policies.c.id == made.id).values(using_text="of the future()")
        )
        raise_generation(tx)
    assert not storage.exists("photos", "a", anon)
    assert "cannot be read" in caplog.text
    with pytest.raises(ObjectNotFound):
        storage.info("photos", "a", anon)


def test_policies_stand_beside_the_files(
    workspace: Workspace, storage: FileStorage, bucket: Bucket, service: RlsContext, let: Let, data_dir: Path
) -> None:
    backend = workspace._core.backend
    made = let("SELECT", "true", name="told")
    assert b'"told"' in backend.read(".buckets/policies.json")
    storage.policies.delete(made.id, service)
    assert b'"told"' not in backend.read(".buckets/policies.json")
    let("SELECT", "true", name="gone with it")
    storage.delete_bucket("photos", service)
    assert b"gone with it" not in backend.read(".buckets/policies.json")


def test_a_policy_about_buckets_belongs_to_none_also_if_it_was_about_objects(
    storage: FileStorage, bucket: Bucket, service: RlsContext
) -> None:
    made = storage.policies.create(spec(using="true"), service, bucket="photos")
    assert made.bucket == "photos"
    about_buckets = replace(made.spec, table=PolicyTable.BUCKETS, using="name = 'photos'")
    assert storage.policies.replace(made.id, about_buckets, service).bucket is None
    storage.delete_bucket("photos", service)
    assert [one.id for one in storage.policies.list(service)] == [made.id]


class TestPutBack:
    def test_what_was_deleted_comes_back_as_it_was(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, let: Let
    ) -> None:
        bound, off, of_all = let("SELECT", "true"), let("DELETE", "false"), let("SELECT", "true", bucket=None)
        storage.policies.set_enabled(off.id, False, service)
        before = storage.policies.list(service)
        gone = storage.policies.delete_many([bound.id, off.id, of_all.id, "missing"], service)
        assert gone == before
        assert storage.policies.list(service) == ()
        assert storage.policies.delete_many([bound.id], service) == ()

        storage.rename_bucket("photos", "pictures", service)
        as_were = [replace(one, bucket=bucket.id if one.bucket else None) for one in gone]
        back = storage.policies.put_back(as_were, service)
        told = [(one.id, one.spec, one.enabled, one.bucket) for one in back]
        assert told == [(one.id, one.spec, one.enabled, "pictures" if one.bucket else None) for one in gone]

    def test_all_come_back_or_none(self, storage: FileStorage, bucket: Bucket, service: RlsContext, let: Let) -> None:
        first, second = let("SELECT", "true", name="a"), let("SELECT", "true", name="b")
        gone = storage.policies.delete_many([first.id, second.id], service)
        let("SELECT", "false", name="b")
        with pytest.raises(PolicyAlreadyExists):
            storage.policies.put_back(gone, service)
        assert names(storage, service) == ["b"]

    def test_of_a_bucket_that_is_gone_people_are_told_the_policy_and_no_id(
        self, storage: FileStorage, bucket: Bucket, service: RlsContext, let: Let
    ) -> None:
        gone = storage.policies.delete_many([let("SELECT", "true").id], service)
        storage.delete_bucket("photos", service)
        with pytest.raises(BucketNotFound) as refused:
            storage.policies.put_back([replace(one, bucket=bucket.id) for one in gone], service)
        assert str(refused.value) == f'The bucket of policy "{gone[0].spec.name}" has been deleted'

    def test_is_for_the_service_role(self, storage: FileStorage, let: Let, bucket: Bucket, alice: RlsContext) -> None:
        made = let("SELECT", "true")
        with pytest.raises(Unauthorized):
            storage.policies.delete_many([made.id], alice)
        with pytest.raises(Unauthorized):
            storage.policies.put_back([made], alice)


def test_a_name_that_would_become_too_long_does_not_follow_its_bucket(
    storage: FileStorage, bucket: Bucket, service: RlsContext, let: Let
) -> None:
    name = f"{'n' * 180}: photos"
    let("SELECT", "true", name=name)
    storage.rename_bucket("photos", "p" * 100, service)
    assert names(storage, service) == [name]
