"""The policies that are kept: made, changed, explained, by the service role alone.

A policy about objects each of whose expressions says `bucket_id = 'name'` of a bucket that exists belongs to that
bucket: it is kept without those words, follows the bucket's name, and goes with it. A restrictive one that says so
closes all other buckets, and belongs to none; it belongs to one with `bucket_id <> 'name' OR ...`.

Source: PostgreSQL, CREATE POLICY and DROP POLICY; Supabase's table `storage.objects`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from engine.access_types import Explanation, Policy, PolicyChanges, PolicySpec
from engine.acts import act
from engine.context import Operation
from engine.errors import ObjectChanged
from engine.metadata.executor import Executor, Transaction
from engine.metadata.tables import storage_policies
from engine.move_types import Target
from engine.permissions.generation import raise_generation
from engine.permissions.policy_check import check_spec
from engine.permissions.policy_rows import SELECT_POLICIES, columns_of_spec, policy_from, spec_told
from engine.permissions.policy_writes import (
    bound_spec,
    drop_policy,
    find_policy,
    id_of_bucket,
    insert_policy,
    put_policy_back,
    refuse_taken,
    remove_policies,
    update_policy,
)
from engine.permissions.refused import Refusals, Wish, refusals
from engine.permissions.rows import Command, PolicyTable
from engine.permissions.rules import PermissionChecker
from engine.types import RlsContext

_P: Final = storage_policies.c
_T = TypeVar("_T")


class Policies:
    """Keeps policies. Threads: any.

    Args:
        executor: For rows.
        permissions: Who may.
        changed: Told after every change that was committed.
    """

    def __init__(self, executor: Executor, permissions: PermissionChecker, changed: Callable[[], None]) -> None:
        self._executor = executor
        self._permissions = permissions
        self._changed = changed

    def list(self, context: RlsContext, bucket: str | None = None) -> tuple[Policy, ...]:
        """Return all policies, or those that count for the objects of a bucket, by table and name.

        Raises:
            Unauthorized: The caller is not the service role.
            BucketNotFound: There is no such bucket.
        """
        self._permissions.check_service(context)
        with self._executor.snapshot(context) as tx:
            query = SELECT_POLICIES
            if bucket is not None:
                here = _P.bucket_id == id_of_bucket(tx, bucket)
                query = query.where(_P.table_name == PolicyTable.OBJECTS.value, here | _P.bucket_id.is_(None))
            return tuple(policy_from(row) for row in tx.execute(query))

    @act(Operation.POLICY_CHANGE, None, "spec.name")
    def create(self, spec: PolicySpec, context: RlsContext, bucket: str | None = None) -> Policy:
        """Make a policy.

        Args:
            spec: What it says.
            context: Who asks.
            bucket: The bucket that it is to belong to; None: the one that its expressions name, if they do.

        Raises:
            Unauthorized: The caller is not the service role.
            InvalidPolicy: An expression breaks the rules of the language.
            InvalidRequest: Something else is wrong with it.
            BucketNotFound: There is no such bucket.
            PolicyAlreadyExists: One of the table has that name.
        """
        return self._change(context, lambda tx: _told(tx, insert_policy(tx, spec, bucket)))

    @act(Operation.POLICY_CHANGE, None, "spec.name")
    def replace(self, policy_id: str, spec: PolicySpec, context: RlsContext, seen: PolicySpec | None = None) -> Policy:
        """Let a policy say something else. It stays with its bucket, unless all of its expressions name another.

        One that is about buckets from now on belongs to none.

        Args:
            policy_id: Which.
            spec: What it is to say.
            context: Who asks.
            seen: What it said when they decided so, or None for whatever it says.

        Raises:
            PolicyNotFound: There is no such policy.
            ObjectChanged: It says something else than `seen` by now; it stays so.
            StorageError: As `create`.
        """

        def work(tx: Transaction) -> Policy:
            kept = find_policy(tx, policy_id)
            if seen is not None and policy_from(kept).spec != seen:
                raise ObjectChanged("The policy has been changed meanwhile", path=kept.name)
            check_spec(spec)
            bound, bucket_id = bound_spec(tx, spec, kept.bucket_id)
            refuse_taken(tx, bound, but=policy_id)
            changed = update_policy(tx, kept, columns_of_spec(bound, bucket_id))
            return _told(tx, changed, before=spec_told(policy_from(kept)))

        return self._change(context, work)

    @act(Operation.POLICY_CHANGE, None, "policy_id")
    def set_enabled(self, policy_id: str, enabled: bool, context: RlsContext) -> Policy:
        """Let a policy count, or not.

        Raises:
            Unauthorized: The caller is not the service role.
            PolicyNotFound: There is no such policy.
        """

        def work(tx: Transaction) -> Policy:
            return _told(tx, update_policy(tx, find_policy(tx, policy_id), {"enabled": enabled}))

        return self._change(context, work)

    @act(Operation.POLICY_CHANGE, None, "policy_id")
    def delete(self, policy_id: str, context: RlsContext) -> None:
        """Delete a policy.

        Raises:
            Unauthorized: The caller is not the service role.
            PolicyNotFound: There is no such policy.
        """

        def work(tx: Transaction) -> None:
            tx.note(dropped=[*map(spec_told, remove_policies(tx, [find_policy(tx, policy_id)]))])

        self._change(context, work)

    @act(Operation.POLICY_CHANGE, None, "policy_ids")
    def delete_many(self, policy_ids: Sequence[str], context: RlsContext) -> tuple[Policy, ...]:
        """Delete policies, all at once; those that are gone already are.

        Returns:
            Those that were deleted, for `put_back`.

        Raises:
            Unauthorized: The caller is not the service role.
        """

        def work(tx: Transaction) -> tuple[Policy, ...]:
            found = remove_policies(tx, tx.execute(SELECT_POLICIES.where(_P.id.in_(policy_ids))).all())
            tx.note(dropped=[*map(spec_told, found)])
            return found

        return self._change(context, work)

    @act(Operation.POLICY_CHANGE, None)
    def put_back(self, policies: Sequence[Policy], context: RlsContext) -> tuple[Policy, ...]:
        """Make policies again that were deleted, as they were, all of them or none.

        Args:
            policies: Those; `Policy.bucket` may be the bucket's id as well.
            context: Who asks.

        Raises:
            Unauthorized: The caller is not the service role.
            PolicyAlreadyExists: A name is taken by now, or one of them is there.
            BucketNotFound: The bucket of one is gone.
        """

        def work(tx: Transaction) -> tuple[Policy, ...]:
            made = tuple(put_policy_back(tx, one) for one in policies)
            tx.note(created=[*map(spec_told, made)])
            return made

        return self._change(context, work)

    @act(Operation.POLICY_CHANGE, None)
    def apply(self, text: str, context: RlsContext) -> PolicyChanges:
        """Run a text of CREATE POLICY and DROP POLICY statements, all of them or none.

        Raises:
            Unauthorized: The caller is not the service role.
            InvalidPolicy: The text breaks the rules of the language.
            PolicyAlreadyExists: A policy is created whose name is taken.
            PolicyNotFound: One is dropped that is not there, without IF EXISTS.
        """
        from engine.permissions.language import (  # see there: many a start sees no policy
            CreatePolicy,
            DropPolicy,
            statements,
        )

        self._permissions.check_service(context)
        wanted = statements(text)

        def work(tx: Transaction) -> PolicyChanges:
            created: list[Policy] = []
            dropped: list[Policy] = []
            for statement in wanted:
                if isinstance(statement, CreatePolicy):
                    created.append(insert_policy(tx, statement.spec, None))
                elif isinstance(statement, DropPolicy):
                    dropped += drop_policy(tx, statement)
            tx.note(created=[*map(spec_told, created)], dropped=[*map(spec_told, dropped)])
            return PolicyChanges(tuple(created), tuple(dropped))

        return self._change(context, work)

    def explain(
        self,
        subject: RlsContext,
        command: Command,
        bucket: str,
        path: str,
        context: RlsContext,
        *,
        metadata: Mapping[str, Any] | None = None,
        owner_id: str | None = None,
        table: PolicyTable = PolicyTable.OBJECTS,
        target: Target | None = None,
    ) -> Explanation:
        """Say why somebody may do something, or may not.

        Args:
            subject: Whom it is about, in what they are doing; in what one usually does so if that is not said.
            command: What they want to do.
            bucket: Where.
            path: With which object; of one that is not there, as it would be.
            context: Who asks.
            metadata: What a row about to be written would say: `mimetype`, `contentLength` or `size`.
            owner_id: Who would own it; the subject by default.
            table: Whose policies are asked.
            target: Where the object is to go: moved by UPDATE, copied by INSERT.

        Raises:
            Unauthorized: The caller is not the service role.
            BucketNotFound: There is no such bucket.
            InvalidRequest: What is only read or deleted goes nowhere.
        """
        from engine.permissions.explain import Explainer, Question  # no start asks why

        self._permissions.check_service(context)
        question = Question(subject, command, bucket, path, metadata or {}, owner_id, table, target)
        return Explainer(self._executor).explain(question)

    def refusals(self, subject: RlsContext, wish: Wish, context: RlsContext) -> Refusals:
        """Say with which of several objects somebody may not do something: the first, and how many.

        Args:
            subject: Whose wish it is, in what they are doing; in what one usually does so if that is not said.
            wish: It.
            context: Who asks.

        Raises:
            Unauthorized: The caller is not the service role.
            BucketNotFound: There is no such bucket.
            PolicyFailed: An expression fails on one of the objects.
        """
        from engine.permissions.explain import Question  # no start asks why

        self._permissions.check_service(context)
        goal = Target("", wish.target_bucket) if wish.goes else None
        question = Question(subject, wish.command, wish.bucket, "", {}, None, PolicyTable.OBJECTS, goal)
        return refusals(self._executor, question.asking, wish)

    def _change(self, context: RlsContext, work: Callable[[Transaction], _T]) -> _T:
        """Change policies in a transaction that lets everybody read them again."""
        self._permissions.check_service(context)
        with self._executor.transaction(context) as tx:
            result = work(tx)
            raise_generation(tx)
        self._changed()
        return result


def _told(tx: Transaction, policy: Policy, **detail: Any) -> Policy:
    """Let the audit know what a policy says from now on."""
    tx.note(policy=spec_told(policy), **detail)
    return policy
