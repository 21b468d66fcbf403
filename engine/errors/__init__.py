"""The errors of the engine: three families, one root.

    StorageError
    ├── RequestFault                  the request cannot be fulfilled as asked
    │   ├── NotFound                  BucketNotFound, ObjectNotFound, UserNotFound, TokenNotFound, PolicyNotFound
    │   ├── Conflict                  BucketAlreadyExists, ObjectAlreadyExists, BucketNotEmpty, WouldBeLost,
    │   │                             UserAlreadyExists, PolicyAlreadyExists, ObjectChanged
    │   ├── Unauthorized              InvalidToken, WrongPassword, PolicyFailed
    │   ├── InvalidRequest            InvalidKey, InvalidBucketName, InvalidRange, InvalidPolicy
    │   ├── InvalidLink               MalformedLink, ExpiredLink, WrongSignature
    │   ├── PayloadTooLarge
    │   ├── UnsupportedMediaType
    │   └── Cancelled
    ├── EnvironmentFault              the machine, not the request, is at fault
    │   ├── IoError                   DiskFull, PermissionDenied, FileTooLarge, TooManyOpenFiles
    │   ├── SourceFault               SourceUnreadable, SourceChanged
    │   ├── TargetExists              a download never overwrites unasked
    │   ├── BackendUnreachable
    │   ├── BytesMissing              the row is there, its bytes are not
    │   ├── ChecksumMismatch          the bytes are not those that were stored
    │   ├── DatabaseFault             DatabaseLocked, DatabaseCorrupt, SchemaTooNew, CommitInDoubt
    │   ├── PortUnavailable
    │   └── SecretsUnavailable
    └── EngineBug                     a promise of the engine itself was broken

Errors of the operating system, the database and the backends are translated once, at the boundary where
they enter (`os_errors`, `metadata.faults`), with the cause chained. HTTP statuses live in
`engine.server` alone; texts are for people, `code` is for programs.
"""

from __future__ import annotations

from engine.errors.base import EngineBug as EngineBug
from engine.errors.base import StorageError as StorageError
from engine.errors.environment import BackendUnreachable as BackendUnreachable
from engine.errors.environment import BytesMissing as BytesMissing
from engine.errors.environment import ChecksumMismatch as ChecksumMismatch
from engine.errors.environment import CommitInDoubt as CommitInDoubt
from engine.errors.environment import DatabaseCorrupt as DatabaseCorrupt
from engine.errors.environment import DatabaseFault as DatabaseFault
from engine.errors.environment import DatabaseLocked as DatabaseLocked
from engine.errors.environment import DiskFull as DiskFull
from engine.errors.environment import EnvironmentFault as EnvironmentFault
from engine.errors.environment import FileTooLarge as FileTooLarge
from engine.errors.environment import IoError as IoError
from engine.errors.environment import PermissionDenied as PermissionDenied
from engine.errors.environment import PortUnavailable as PortUnavailable
from engine.errors.environment import SchemaTooNew as SchemaTooNew
from engine.errors.environment import SecretsUnavailable as SecretsUnavailable
from engine.errors.environment import SourceChanged as SourceChanged
from engine.errors.environment import SourceFault as SourceFault
from engine.errors.environment import SourceUnreadable as SourceUnreadable
from engine.errors.environment import TargetExists as TargetExists
from engine.errors.environment import TooManyOpenFiles as TooManyOpenFiles
from engine.errors.requests import BucketAlreadyExists as BucketAlreadyExists
from engine.errors.requests import BucketNotEmpty as BucketNotEmpty
from engine.errors.requests import BucketNotFound as BucketNotFound
from engine.errors.requests import Cancelled as Cancelled
from engine.errors.requests import Conflict as Conflict
from engine.errors.requests import ExpiredLink as ExpiredLink
from engine.errors.requests import InvalidBucketName as InvalidBucketName
from engine.errors.requests import InvalidKey as InvalidKey
from engine.errors.requests import InvalidLink as InvalidLink
from engine.errors.requests import InvalidPolicy as InvalidPolicy
from engine.errors.requests import InvalidRange as InvalidRange
from engine.errors.requests import InvalidRequest as InvalidRequest
from engine.errors.requests import InvalidToken as InvalidToken
from engine.errors.requests import MalformedLink as MalformedLink
from engine.errors.requests import NotFound as NotFound
from engine.errors.requests import ObjectAlreadyExists as ObjectAlreadyExists
from engine.errors.requests import ObjectChanged as ObjectChanged
from engine.errors.requests import ObjectNotFound as ObjectNotFound
from engine.errors.requests import PayloadTooLarge as PayloadTooLarge
from engine.errors.requests import PolicyAlreadyExists as PolicyAlreadyExists
from engine.errors.requests import PolicyFailed as PolicyFailed
from engine.errors.requests import PolicyNotFound as PolicyNotFound
from engine.errors.requests import RequestFault as RequestFault
from engine.errors.requests import TokenNotFound as TokenNotFound
from engine.errors.requests import Unauthorized as Unauthorized
from engine.errors.requests import UnsupportedMediaType as UnsupportedMediaType
from engine.errors.requests import UserAlreadyExists as UserAlreadyExists
from engine.errors.requests import UserNotFound as UserNotFound
from engine.errors.requests import WouldBeLost as WouldBeLost
from engine.errors.requests import WrongPassword as WrongPassword
from engine.errors.requests import WrongSignature as WrongSignature
