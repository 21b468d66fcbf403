"""Policies: reading what they mean, judging what is being written, changing them, asking who may do what.

All of it is done by the owner of the workspace, in whose name the window may show the rest as well. Texts are read in
a worker, but for `lexer`, which is quick, never fails, and is needed at each key.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject

from app.bridge.acting import Refused
from app.bridge.reasons import Reasons
from app.bridge.tasks import Fail, Tasks, Ticket
from app.i18n import translate
from engine.access_types import Policy, PolicyChanges, PolicySpec, PolicyTemplate, User
from engine.context import Operation
from engine.errors import InvalidPolicy, RequestFault, StorageError
from engine.permissions import language
from engine.permissions.rows import PolicyTable
from engine.permissions.templates import TEMPLATES, specs_of
from engine.types import Bucket, ListRequest, RlsContext
from engine.workspace import Workspace

if TYPE_CHECKING:
    from app.policies import Answered, FirstRefused, Flaw, Judgement, PolicyRow, Question, Script
    from app.widgets.highlighter import Lexer
    from engine.permissions.language import Statement

_PATHS_OFFERED: Final = 50


class PolicyBridge:
    """See the module.

    Attributes:
        templates: The ready-made sets of policies.
    """

    def __init__(self, workspace: Workspace, context: RlsContext, tasks: Tasks) -> None:
        """Args: the engine; the owner of the workspace; the lanes."""
        self.templates: tuple[PolicyTemplate, ...] = TEMPLATES
        self._workspace = workspace
        self._policies = workspace.storage.policies
        self._context = context
        self._tasks = tasks
        self._reasons = Reasons(workspace, context)

    @property
    def lexer(self) -> Lexer:
        """Return what cuts a policy's text into tokens."""
        return language.highlight

    def list(
        self, bucket: Bucket | None, then: Callable[[tuple[PolicyRow, ...]], None], otherwise: Fail, *, owner: QObject
    ) -> Ticket:
        """Read the policies that count for a bucket, its own first, or all there are, each with its meaning."""
        return self._tasks.read(lambda _: self._rows(bucket), then, otherwise, owner=owner)

    def judge(
        self, spec: PolicySpec, bucket: str | None, then: Callable[[Judgement], None], otherwise: Fail,
        *, owner: QObject,
    ) -> Ticket:  # fmt: skip
        """Find out what a policy would mean, or what is wrong with it.

        Args:
            spec: The policy.
            bucket: How the bucket is called that it belongs to, or None where it speaks of all.
            then: Gets what was found.
            otherwise: Gets the failure.
            owner: The answer is dropped once this object is deleted.
        """
        return self._tasks.read(lambda _: _judged(spec, bucket), then, otherwise, owner=owner)

    def read(
        self, text: str, bucket: Bucket | None, then: Callable[[Script], None], otherwise: Fail, *, owner: QObject
    ) -> Ticket:
        """Find out what statements would do, or what is wrong with them; looked at from a bucket, or from all."""

        def work(_: Ticket) -> Script:
            buckets = {one.id: one.name for one in self._workspace.storage.list_buckets(self._context)}
            here = buckets.values() if bucket is None else (buckets.get(bucket.id, bucket.name),)
            return _script(text, here, buckets.values())

        return self._tasks.read(work, then, otherwise, owner=owner)

    def preview(
        self, template_id: str, bucket: Bucket, value: str, then: Callable[[str], None], otherwise: Fail,
        *, owner: QObject,
    ) -> Ticket:  # fmt: skip
        """Write out what a template would add, as SQL."""
        return self._tasks.read(lambda _: self._sql_of(template_id, bucket.id, value), then, otherwise, owner=owner)

    def adopt(
        self, template_id: str, bucket: Bucket, value: str, then: Callable[[PolicyChanges], None], otherwise: Fail
    ) -> Ticket:
        """Add the policies of a template, all or none."""
        return self._tasks.mutate(lambda _: self._adopt(template_id, bucket.id, value), then, otherwise)

    def begin(self, made: Bucket, template_id: str) -> None:
        """Give a new bucket its policies, at once; for work that runs in the lane of mutations.

        Without them it does not stay, so that asking again does all of it.
        """
        try:
            self._adopt(template_id, made.id, "")
        except StorageError:
            self._workspace.storage.delete_bucket(made.id, self._context)
            raise

    def create(
        self, spec: PolicySpec, bucket: Bucket | None, then: Callable[[Policy], None], otherwise: Fail
    ) -> Ticket:
        """Add a policy to a bucket, or to none; one about buckets themselves belongs to none."""
        place = bucket.id if bucket is not None and spec.table is PolicyTable.OBJECTS else None
        return self._tasks.mutate(lambda _: self._policies.create(spec, self._context, bucket=place), then, otherwise)

    def replace(self, policy: Policy, spec: PolicySpec, then: Callable[[Policy], None], otherwise: Fail) -> Ticket:
        """Let a policy say something else, unless somebody else has changed it since it was read."""
        return self._tasks.mutate(
            lambda _: self._policies.replace(policy.id, spec, self._context, seen=policy.spec), then, otherwise
        )

    def set_enabled(self, policy: Policy, then: Callable[[Policy], None], otherwise: Fail, *, enabled: bool) -> Ticket:
        """Let a policy count, or not."""
        return self._tasks.mutate(
            lambda _: self._policies.set_enabled(policy.id, enabled, self._context), then, otherwise
        )

    def delete(self, policies: Sequence[Policy], then: Callable[[tuple[Policy, ...]], None], otherwise: Fail) -> Ticket:
        """Forget policies, all at once; calls back with those that are to be given to `put_back`."""
        ids = [policy.id for policy in policies]

        def work(_: Ticket) -> tuple[Policy, ...]:
            buckets = {one.name: one.id for one in self._workspace.storage.list_buckets(self._context)}
            deleted = self._policies.delete_many(ids, self._context)
            return tuple(replace(one, bucket=buckets.get(one.bucket or "", one.bucket)) for one in deleted)

        return self._tasks.mutate(work, then, otherwise)

    def put_back(
        self, policies: Sequence[Policy], then: Callable[[tuple[Policy, ...]], None], otherwise: Fail
    ) -> Ticket:
        """Make policies again that `delete` gave, all or none; each in its bucket, whatever that is called by now."""
        return self._tasks.mutate(lambda _: self._policies.put_back(policies, self._context), then, otherwise)

    def apply(self, text: str, then: Callable[[PolicyChanges], None], otherwise: Fail) -> Ticket:
        """Do what statements say, all or none."""
        return self._tasks.mutate(lambda _: self._policies.apply(text, self._context), then, otherwise)

    def sql(
        self, policies: Sequence[Policy], then: Callable[[str], None], otherwise: Fail, *, owner: QObject
    ) -> Ticket:
        """Write policies out as SQL; those that are off as comments, since pasted anywhere they would be on."""
        return self._tasks.read(lambda _: "\n".join(map(_sql, policies)), then, otherwise, owner=owner)

    def explain(
        self, question: Question, bucket: str, then: Callable[[Answered], None], otherwise: Fail, *, owner: QObject
    ) -> Ticket:
        """Find out whether somebody may do something in a bucket, and why."""
        return self._tasks.read(lambda _: self._explain(question, bucket), then, otherwise, owner=owner)

    def first_refused(self, refused: Refused, then: Callable[[FirstRefused], None], otherwise: Fail) -> Ticket:
        """Find out with which of several objects something may not be done."""
        return self._tasks.read(lambda _: self._reasons.of(refused), then, otherwise)

    def paths(
        self, bucket: str, typed: str, then: Callable[[tuple[str, ...]], None], otherwise: Fail, *, owner: QObject
    ) -> Ticket:
        """Find objects whose paths begin with what was typed."""
        return self._tasks.read(lambda _: self._paths(bucket, typed), then, otherwise, owner=owner)

    def people(self, then: Callable[[tuple[User, ...]], None], otherwise: Fail, *, owner: QObject) -> Ticket:
        """Read the users who are known here."""
        return self._tasks.read(
            lambda _: tuple(self._workspace.users.list(self._context)), then, otherwise, owner=owner
        )

    def bucket(self, name: str, then: Callable[[Bucket], None], otherwise: Fail) -> Ticket:
        """Read a bucket, which whoever is acted as may not see."""
        return self._tasks.read(lambda _: self._workspace.storage.get_bucket(name, self._context), then, otherwise)

    def buckets(self, then: Callable[[tuple[str, ...]], None], otherwise: Fail, *, owner: QObject) -> Ticket:
        """Read how the buckets are called."""
        return self._tasks.read(
            lambda _: tuple(one.name for one in self._workspace.storage.list_buckets(self._context)),
            then,
            otherwise,
            owner=owner,
        )

    def _rows(self, bucket: Bucket | None) -> tuple[PolicyRow, ...]:
        if bucket is None:
            by_place = sorted(self._policies.list(self._context), key=lambda policy: policy.bucket or "")
            return tuple(_row(policy, policy.bucket or "") for policy in by_place)
        name = self._workspace.storage.get_bucket(bucket.id, self._context).name
        policies = [one for one in self._policies.list(self._context) if one.bucket in (name, None)]
        own_first = sorted(policies, key=lambda policy: policy.bucket is None)
        return tuple(map(_row, own_first))

    def _adopt(self, template_id: str, bucket_id: str, value: str) -> PolicyChanges:
        return self._policies.apply(self._sql_of(template_id, bucket_id, value), self._context)

    def _sql_of(self, template_id: str, bucket_id: str, value: str) -> str:
        """Return what a template adds to a bucket as it is called now.

        A renamed bucket may have left the names of its policies to another.
        """
        bucket = self._workspace.storage.get_bucket(bucket_id, self._context).name
        taken = frozenset(one.spec.name for one in self._policies.list(self._context) if one.bucket != bucket)
        specs = [replace(spec, name=_free(spec.name, taken)) for spec in specs_of(template_id, bucket, value)]
        return "\n".join(language.to_sql(spec, None) for spec in specs)

    def _explain(self, question: Question, bucket: str) -> Answered:
        from app.policies import Answered  # with the first policy that is looked at

        said = {"size": question.size_bytes, "mimetype": question.mime_type}
        asking = question.subject
        explanation = self._policies.explain(
            asking.doing(Operation(question.operation)) if question.operation else asking,
            question.command,
            bucket,
            question.path,
            self._context,
            metadata={name: value for name, value in said.items() if value is not None},
            table=question.table,
            target=question.target,
        )
        if question.table is PolicyTable.BUCKETS:
            return Answered(explanation, is_there=True)
        there, goal = self._workspace.storage.exists, question.target
        return Answered(
            explanation,
            there(bucket, question.path, self._context),
            goal is not None and there(goal.bucket or bucket, goal.path, self._context),
        )

    def _paths(self, bucket: str, typed: str) -> tuple[str, ...]:
        """Return what is in the folder that was typed and begins with the rest, folders with a trailing `/`."""
        folder = typed[: typed.rfind("/") + 1]
        try:
            page = self._workspace.storage.list(bucket, ListRequest(folder), self._context)
        except RequestFault:
            return ()  # half a path may be none at all
        found = [*(folder.path for folder in page.folders), *(one.path for one in page.objects)]
        return tuple(path for path in found if path.startswith(typed))[:_PATHS_OFFERED]


def _row(policy: Policy, place: str = "") -> PolicyRow:
    from app.policies import PolicyRow  # with the first policy that is looked at

    return PolicyRow(policy, language.describe(policy.spec, policy.bucket), place)


def _judged(spec: PolicySpec, bucket: str | None) -> Judgement:
    from app.policies import Judgement  # with the first policy that is looked at

    using, check = (_flaw(text, spec) for text in (spec.using, spec.check))
    if using is not None or check is not None:
        return Judgement(spec, using=using, check=check)
    return Judgement(spec, language.describe(spec, bucket if spec.table is PolicyTable.OBJECTS else None))


def _flaw(text: str | None, spec: PolicySpec) -> Flaw | None:
    from app.policies import flaw_of  # with the first policy that is looked at

    if text is None:
        return None
    try:
        language.parse(text, spec.table)
    except InvalidPolicy as error:
        return flaw_of(error)
    return None


def _sql(policy: Policy) -> str:
    statement = language.to_sql(policy.spec, policy.bucket)
    if policy.enabled:
        return statement
    note = translate("PolicyBridge", "switched off, so not to be created:")
    return "\n".join(f"-- {line}".rstrip() for line in (note, *statement.splitlines())) + "\n"


def _script(text: str, here: Collection[str], buckets: Collection[str]) -> Script:
    """Return what statements would do, and what of that somebody would miss who looks at some buckets.

    Args:
        text: The statements.
        here: The buckets that are looked at.
        buckets: All there are.
    """
    from app.policies import Script, flaw_of  # with the first policy that is looked at

    try:
        statements = language.statements(text)
    except InvalidPolicy as error:
        return Script(text, flaw=flaw_of(error))
    named = dict.fromkeys(name for statement in statements if (name := _bucket_of(statement)) not in (None, *here))
    return Script(text, tuple(map(_told, statements)), tuple(_elsewhere(str(name), buckets) for name in named))


def _bucket_of(statement: Statement) -> str | None:
    """Return the bucket that a new policy would belong to, if it is about objects and names one."""
    if not isinstance(statement, language.CreatePolicy) or statement.spec.table is not PolicyTable.OBJECTS:
        return None
    spec = statement.spec
    texts = [text for text in (spec.using, spec.check) if text is not None]
    parts = [language.split_bucket(language.parse(text, spec.table), permissive=spec.permissive) for text in texts]
    names = {None if part is None else part[0] for part in parts}
    return names.pop() if len(names) == 1 else None


def _elsewhere(name: str, buckets: Collection[str]) -> str:
    if name in buckets:
        return translate("PolicyBridge", "Some are for the bucket {name}: look for them there.").format(name=name)
    text = translate("PolicyBridge", "There is no bucket {name} here: what is for it has no effect until there is one.")
    return text.format(name=name)


def _told(statement: Statement) -> str:
    if isinstance(statement, language.CreatePolicy):
        told = translate("PolicyBridge", "Adds “{name}”: {meaning}")
        return told.format(name=statement.spec.name, meaning=language.describe(statement.spec, None))
    if isinstance(statement, language.DropPolicy):
        return translate("PolicyBridge", "Deletes “{name}”").format(name=statement.name)
    return translate("PolicyBridge", "Changes nothing: {why}").format(why=statement.note)


def _free(name: str, taken: frozenset[str]) -> str:
    """Return a name that no other policy has."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} ({number})"
    return free
