"""Puts the use cases together over what reads and writes rows and bytes. Nothing here runs or decides anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from engine.audit import Audit, Chain
from engine.auth import TokenRules, TokenVerifier
from engine.backends.base import StorageBackend
from engine.buckets import Buckets
from engine.config import Settings
from engine.events import ChangeKind, EventBus, StorageEvent
from engine.failpoints import Failpoints
from engine.files.admissions import Admissions
from engine.files.announce import Announcer
from engine.files.bulk import BulkUploads
from engine.files.commit import Committer
from engine.files.copies import Copies
from engine.files.deletes import Deletes
from engine.files.downloads import Downloads
from engine.files.flat_listing import FlatListing
from engine.files.journal import Journal
from engine.files.labels import Labels
from engine.files.listing import Listing
from engine.files.lookups import Lookups
from engine.files.many_moves import ManyMoves
from engine.files.moves import Moves
from engine.files.mutations import Mutations
from engine.files.past import Past
from engine.files.positions import Positions
from engine.files.quarantine import Quarantine
from engine.files.resumable.hashes import RunningHashes
from engine.files.resumable.means import Means
from engine.files.resumable.uploads import ResumableUploads
from engine.files.settle import Settler
from engine.files.sidecars import Sidecars
from engine.files.trash import Trash
from engine.files.trees import TreeDownloads
from engine.files.uploads import Uploads
from engine.files.version_rows import VersionBytes
from engine.files.versions import Versions
from engine.housekeeping import Premises
from engine.identities.generation import AccessGeneration
from engine.identities.key_ring import KeyRing
from engine.identities.known import KnownIdentities
from engine.identities.signing_keys import SigningKeys
from engine.identities.tokens import Tokens
from engine.identities.users import Users
from engine.jobs.check import Checks
from engine.jobs.contents import Bytes
from engine.jobs.verdicts import Verdicts
from engine.metadata.executor import Executor
from engine.metadata.tables import storage_buckets
from engine.observability.log_book import LogBook
from engine.observability.meters import Meters
from engine.observability.observer import Observer
from engine.outbox import Outbox
from engine.permissions.policies import Policies
from engine.permissions.rules import PermissionChecker
from engine.scanning.clamd import Clamd
from engine.scanning.inspection import Inspector
from engine.search.index import NameIndex
from engine.search.search import Search
from engine.secrets import SecretStore
from engine.signed_url import UrlSigner
from engine.storage import FileStorage
from engine.storage.use_cases import UseCases
from engine.times import now_us
from engine.types import RlsContext
from engine.watch.ground import Ground
from engine.watch.stored_file import StoredFiles

if TYPE_CHECKING:
    from engine.identities.key_files import KeyFile


@dataclass(frozen=True, slots=True)
class Core:
    """What reads and writes rows and bytes."""

    executor: Executor
    backend: StorageBackend
    journal: Journal
    settler: Settler
    mutations: Mutations
    permissions: PermissionChecker
    failpoints: Failpoints
    sidecars: Sidecars
    meters: Meters
    timed: StorageBackend
    """The backend on the clock, for what people wait for."""


@dataclass(frozen=True, slots=True)
class Identities:
    """Who may sign in, and how it is checked."""

    users: Users
    tokens: Tokens
    signing_keys: SigningKeys
    verifier: TokenVerifier
    key_ring: KeyRing
    generation: AccessGeneration


def identities_of(settings: Settings, core: Core, secrets: SecretStore) -> Identities:
    """Put together who may sign in.

    Raises:
        InvalidRequest: The secret of the settings cannot be one.
        SecretsUnavailable: The keys cannot be read.
    """
    executor, permissions = core.executor, core.permissions
    generation = AccessGeneration(executor)
    keys = SigningKeys(executor, permissions, secrets, generation, settings.jwt_secret)
    others = _others_keys(settings)
    known = KnownIdentities(executor, generation, keys, others)
    rules = TokenRules(
        settings.jwt_audience, settings.jwt_issuer, settings.jwt_leeway_s, settings.external_service_role
    )
    return Identities(
        Users(executor, permissions),
        Tokens(executor, permissions, keys, known),
        keys,
        TokenVerifier(known, rules),
        KeyRing(keys, others),
        generation,
    )


def _others_keys(settings: Settings) -> list[KeyFile]:
    """Return the files with keys of others. Few have any, so what reads them is imported for those alone."""
    if settings.jwt_public_key_file is None and settings.jwks_file is None:
        return []
    from engine.identities.key_files import KeyFile, keys_of_jwks, keys_of_pem

    files = ((settings.jwt_public_key_file, keys_of_pem), (settings.jwks_file, keys_of_jwks))
    return [KeyFile(path, parse) for path, parse in files if path is not None]


def premises_of(core: Core, quarantine: Quarantine, announcer: Announcer, chain: Chain) -> Premises:
    """Return what is to be kept in order."""
    return Premises(
        core.executor,
        core.backend,
        core.settler,
        core.mutations,
        core.permissions,
        quarantine,
        announcer.deleted,
        chain,
        core.failpoints,
        core.meters.orphans,
    )


def meters_of(executor: Executor) -> Meters:
    """Return what is counted in a workspace."""
    table = storage_buckets

    def oldest(count: int) -> list[tuple[str, str]]:
        query = select(table.c.id, table.c.name).order_by(table.c.created_at, table.c.id).limit(count)
        return [(row.id, row.name) for row in executor.execute(query, RlsContext.service())]

    return Meters(oldest)


def inspector_of(settings: Settings, backend: StorageBackend) -> Inspector | None:
    """Return what inspects contents before they are committed, if that is wanted."""
    if settings.clamd is None:
        return None
    scanner = Clamd(settings.clamd, settings.scan_timeout_s)
    return Inspector(scanner, backend, settings.scan_max_bytes, accept_unscanned=settings.accept_unscanned)


def watch_acts(core: Core, log: LogBook, events: EventBus) -> None:
    """Let acts be counted and logged from now on."""

    def follow(event: StorageEvent) -> None:
        if event.kind is ChangeKind.BUCKETS:
            core.meters.buckets_changed()

    events.subscribe(follow)
    core.executor.acts.tell(Observer(core.meters, log))


def ground_of(
    core: Core, quarantine: Quarantine, announcer: Announcer, audit: Audit, settings: Settings, owner_id: str
) -> Ground:
    """Return what watching stands on."""
    return Ground(
        core.executor,
        core.backend,
        core.settler,
        core.mutations,
        quarantine,
        announcer,
        audit,
        StoredFiles(core.backend, settings.storage_dir),
        owner_id,
        inspector_of(settings, core.backend),
    )


def compose(
    settings: Settings,
    core: Core,
    signer: UrlSigner,
    events: EventBus,
    announcer: Announcer,
    quarantine: Quarantine,
    audit: Audit,
    names: NameIndex,
) -> FileStorage:
    """Put the use cases together."""
    executor, backend, permissions = core.executor, core.timed, core.permissions
    inspector = inspector_of(settings, backend)
    committer, admissions = Committer(executor, core.mutations, backend, inspector), Admissions(executor, inspector)
    downloads = Downloads(executor, backend, core.journal, core.settler, signer, quarantine)
    listing = Listing(executor, quarantine)
    deletes = Deletes(executor, core.mutations, announcer)
    copies = Copies(executor, backend, committer, downloads, listing, announcer.stored)
    contents = VersionBytes(executor, backend, core.settler, downloads)
    past = Past(executor, downloads, contents)
    return FileStorage(
        UseCases(
            executor=executor,
            events=events,
            outbox=Outbox(executor),
            buckets=Buckets(
                executor, core.mutations, backend, permissions, deletes, announcer, core.sidecars, core.failpoints
            ),
            uploads=Uploads(executor, admissions, backend, committer, announcer.stored),
            resumable=ResumableUploads(
                Means(
                    executor,
                    backend,
                    committer,
                    announcer.stored,
                    RunningHashes(),
                    core.failpoints,
                    now_us,
                    scans=inspector is not None,
                ),
                admissions,
            ),
            bulk_uploads=BulkUploads(executor, backend, committer, announcer.stored_many, core.failpoints),
            downloads=downloads,
            tree_downloads=TreeDownloads(downloads, listing, past),
            listing=listing,
            positions=Positions(executor),
            deletes=deletes,
            moves=Moves(core.mutations, announcer),
            many_moves=ManyMoves(core.mutations, announcer),
            lookups=Lookups(executor),
            copies=copies,
            labels=Labels(core.mutations, announcer),
            versions=Versions(executor, core.mutations, contents, copies, quarantine),
            trash=Trash(executor, core.mutations, backend, announcer.stored, quarantine, deletes, core.failpoints),
            past=past,
            flat=FlatListing(executor, quarantine),
            search=Search(executor, quarantine, names),
            checks=Checks(
                executor,
                backend,
                core.settler,
                permissions,
                Verdicts(executor, Bytes(backend, core.settler), quarantine, audit),
                settings.storage_dir / ".lost+found",
                announcer.deleted,
            ),
            policies=Policies(executor, permissions, core.sidecars.follow_policies),
            audit=audit,
        )
    )
