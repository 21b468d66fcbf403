"""Who asks, for what, and from where: the context that goes through every call. Frozen; safe in any thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from time import perf_counter
from types import MappingProxyType
from typing import Any, Final

from engine.cancel import CancelToken

NO_CLAIMS: Final[Mapping[str, Any]] = MappingProxyType({})


class Role(StrEnum):
    """The roles of Supabase's API keys; policies may name others (`RlsContext.role` is any text)."""

    ANON = "anon"
    AUTHENTICATED = "authenticated"
    SERVICE = "service_role"


class Operation(StrEnum):
    """What a caller does, as policies (`storage.operation()`) and the audit name it.

    Source: Supabase Storage's names of its routes, with names of the same kind for what it does not have.
    """

    BUCKET_CREATE = "storage.bucket.create"
    BUCKET_GET = "storage.bucket.get"
    BUCKET_LIST = "storage.bucket.list"
    BUCKET_UPDATE = "storage.bucket.update"
    BUCKET_EMPTY = "storage.bucket.empty"
    BUCKET_DELETE = "storage.bucket.delete"
    OBJECT_UPLOAD = "storage.object.upload"
    OBJECT_UPDATE = "storage.object.upload_update"
    OBJECT_UPLOAD_MANY = "storage.object.upload_many"
    OBJECT_SIGN_UPLOAD = "storage.object.sign_upload_url"
    OBJECT_UPLOAD_SIGNED = "storage.object.upload_signed"
    OBJECT_GET = "storage.object.get_authenticated"
    OBJECT_GET_PUBLIC = "storage.object.get_public"
    OBJECT_GET_SIGNED = "storage.object.get_signed"
    RENDER = "storage.render.image_authenticated"
    RENDER_PUBLIC = "storage.render.image_public"
    RENDER_SIGNED = "storage.render.image_sign"
    CACHE_PURGE = "storage.cache.purge"
    OBJECT_DOWNLOAD_MANY = "storage.object.download_many"
    OBJECT_INFO = "storage.object.info_authenticated"
    OBJECT_INFO_PUBLIC = "storage.object.info_public"
    OBJECT_LIST = "storage.object.list"
    OBJECT_LIST_V2 = "storage.object.list_v2"
    OBJECT_SIGN = "storage.object.sign"
    OBJECT_SIGN_MANY = "storage.object.sign_many"
    OBJECT_MOVE = "storage.object.move"
    OBJECT_COPY = "storage.object.copy"
    OBJECT_LABEL = "storage.object.update_metadata"
    OBJECT_DELETE = "storage.object.delete"
    OBJECT_DELETE_MANY = "storage.object.delete_many"
    TUS_CREATE = "storage.tus.upload.create"
    TUS_PART = "storage.tus.upload.part"
    TUS_GET = "storage.tus.upload.get"
    TUS_DELETE = "storage.tus.upload.delete"
    VERSION_LIST = "storage.version.list"
    VERSION_GET = "storage.version.get"
    VERSION_RESTORE = "storage.version.restore"
    VERSION_DELETE = "storage.version.delete"
    PAST_LIST = "storage.past.list"
    PAST_GET = "storage.past.get"
    TRASH_LIST = "storage.trash.list"
    TRASH_RESTORE = "storage.trash.restore"
    TRASH_EMPTY = "storage.trash.empty"
    EVENT_LISTEN = "storage.event.listen"
    POLICY_CHANGE = "storage.policy.change"
    USER_CHANGE = "storage.user.change"
    TOKEN_CHANGE = "storage.token.change"  # noqa: S105 - the name of an operation
    KEYS_ROTATE = "storage.keys.rotate"
    CHECK = "storage.check"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from.

    Attributes:
        request_id: As told to the client.
        remote_address: IP address of the client, without its port.
    """

    request_id: str
    remote_address: str


@dataclass(frozen=True, slots=True)
class Act:
    """What a caller is doing.

    Attributes:
        operation: A value of `Operation`.
        bucket: Name or id of the bucket, as the caller gave it; `""` for none.
        path: The object, or a folder with its trailing `/`; `""` for none.
        detail: What else the caller said, such as where to; as JSON can hold it.
        began_s: When it began, on the clock of `time.perf_counter`.
    """

    operation: str
    bucket: str = ""
    path: str = ""
    detail: Mapping[str, Any] = field(default_factory=lambda: NO_CLAIMS, compare=False)
    began_s: float = field(default_factory=perf_counter, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class RlsContext:
    """Who asks. Goes through every call.

    Attributes:
        user_id: The user's id (`sub` of a JWT), or None for nobody in particular.
        role: The database role that policies are written for.
        claims: All claims of the token, read-only.
        can_bypass_rls: True for the service role alone.
        act: What the caller is doing, or None where nobody is to be told (the engine's own looks).
        origin: The request that it came with, or None for callers inside the process.
        acted_by: Who it really is, where somebody tries out another identity, as the audit calls them.
        cancel: Ends what is read for them as soon as it is used, or None where everything is read to its end.

    Source: specification, "With Authentication (Phase 8)".
    """

    user_id: str | None = None
    role: str = Role.ANON
    claims: Mapping[str, Any] = field(default_factory=lambda: NO_CLAIMS)
    can_bypass_rls: bool = False
    act: Act | None = field(default=None, compare=False)
    origin: Origin | None = field(default=None, compare=False)
    acted_by: str | None = field(default=None, compare=False)
    cancel: CancelToken | None = field(default=None, compare=False, repr=False)

    @classmethod
    def anonymous(cls) -> RlsContext:
        """Return the context of a caller who showed nothing."""
        return cls()

    @classmethod
    def user(cls, user_id: str) -> RlsContext:
        """Return the context of a signed-in user."""
        return cls(user_id=user_id, role=Role.AUTHENTICATED)

    @classmethod
    def service(cls, user_id: str | None = None) -> RlsContext:
        """Return the context of the person at this computer: everything is allowed."""
        return cls(user_id=user_id, role=Role.SERVICE, can_bypass_rls=True)

    def doing(self, operation: Operation, bucket: str = "", path: str = "") -> RlsContext:
        """Return the same caller in an act.

        Args:
            operation: What is done.
            bucket: Where, as the caller named it.
            path: To what.
        """
        return replace(self, act=Act(operation.value, bucket, path))

    def coming_from(self, origin: Origin) -> RlsContext:
        """Return the same caller with the request that the call came with."""
        return replace(self, origin=origin)

    def tried_by(self, person: str) -> RlsContext:
        """Return the same caller as somebody else tries them out: policies see no difference, the audit does.

        Args:
            person: Who that is, as the audit calls them.
        """
        return replace(self, acted_by=person)

    def until(self, cancel: CancelToken) -> RlsContext:
        """Return the same caller, who may stop waiting for what is read.

        Args:
            cancel: Theirs; once it is used, a read fails with `engine.errors.Cancelled`.
        """
        return replace(self, cancel=cancel)
