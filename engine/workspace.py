"""Opens a workspace: the one place where the engine is put together.

Opening makes what is missing, migrates the database, finishes what a crash left open, and only then hands out the
façade. Nothing here is global: two workspaces in one process know nothing of each other.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final, cast
from uuid import uuid4

from sqlalchemy import insert, select

from engine import limits
from engine.audit import Audit, Chain
from engine.auth import ApiKeys
from engine.backends.base import StorageBackend
from engine.backends.local import LocalBackend
from engine.backends.storage_folder import holds_buckets, is_storage_folder
from engine.composition import Core, compose, ground_of, identities_of, meters_of, premises_of, watch_acts
from engine.config import Settings
from engine.errors import BackendUnreachable, DatabaseCorrupt, StorageError
from engine.events import EventBus
from engine.failpoints import NO_FAILPOINTS, Failpoints
from engine.files.announce import Announcer
from engine.files.journal import Journal
from engine.files.mutations import Mutations
from engine.files.quarantine import Quarantine
from engine.files.settle import Settler
from engine.files.sidecars import Sidecars
from engine.housekeeping import Housekeeping
from engine.instance import opening
from engine.jobs.backups import Backups
from engine.jobs.believed import BelievedClock
from engine.jobs.scheduler import Job, Scheduler
from engine.metadata import schema
from engine.metadata.database import is_begun, open_database
from engine.metadata.executor import Executor, Transaction
from engine.metadata.tables import storage_buckets, storage_objects, storage_settings
from engine.observability.alarms import LOOK_S, Alarms
from engine.observability.log_book import LogBook
from engine.observability.timed_backend import TimedBackend
from engine.os_errors import from_os_error
from engine.permissions.rules import PermissionChecker
from engine.search.index import NameIndex
from engine.secrets import SecretStore, open_secret_store
from engine.signed_url import UrlSigner
from engine.types import RlsContext
from engine.watch.watcher import Watcher

_logger = logging.getLogger(__name__)
_AUDIT_KEY = "audit"
OWNER_SETTING: Final = "owner_id"
"""Name of the setting that says who the person at this computer is."""

_BACKUP_JOB = "backup"
_ALARMS_JOB = "alarms"
_NAMES_JOB = "names"
_NAMES_LOOK_S: Final = 3.0
"""How often the index of names looks whether it is quiet: what it lags behind, each search has to read."""

_NAMES_FIRST_S: Final = 10.0
"""After the start, which has better things to do; commands that end before read the names."""

_BACKUP_LOOK_S = 15 * 60
"""How often it is looked whether a backup is due: a computer that sleeps at night counts no hours."""


class Workspace:
    """An open workspace. A context manager that closes it.

    Attributes:
        settings: What it was opened with.
        storage: The façade.
        users: People who are known here.
        tokens: Bearer tokens that are minted here.
        signing_keys: What tokens and links are signed with.
        key_ring: Which keys count now, others' too.
        verifier: Tells who holds a token.
        access_generation: Tells whether policies, users, tokens or keys have changed.
        signer: Makes and checks links.
        secrets: Where the workspace's keys are kept.
        audit: Who did what, and whether it was allowed.
        meters: What is counted.
        log: What is done, line by line.
        alarms: Whether somebody is needed.
        owner_id: Id of the person at this computer, the same at every start.
        backups: Backups of the database.
        housekeeping: Cleanup and scrub, what they found and removed.
        jobs: What goes on by itself while the workspace is open.
        alarm_jobs: The look at alarms, which no backup and no cleanup may hold up.
        long_jobs: Likewise, but for hours: what would keep the others waiting.
        watcher: Follows what other programs do in the storage folder; to be started by whoever stays for long.
    """

    def __init__(
        self, settings: Settings, secrets: SecretStore, core: Core, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._core = core
        self.settings = settings
        self.secrets = secrets
        self.owner_id = _owner_id(core.executor)
        core.sidecars.mend(self.owner_id)
        identities = identities_of(settings, core, secrets)
        self.users, self.tokens, self.verifier = identities.users, identities.tokens, identities.verifier
        self.signing_keys, self.key_ring = identities.signing_keys, identities.key_ring
        self.access_generation = identities.generation
        self.signer = UrlSigner(self.signing_keys.link_keys)
        events, quarantine = EventBus(), Quarantine(core.executor)
        announcer = Announcer(events)
        chain = Chain(secrets.get_or_create(_AUDIT_KEY))
        self.audit = Audit(core.executor, chain)
        self.audit.tell_of_recovery()
        core.executor.acts.keep_in(self.audit)
        names = NameIndex(core.executor)
        self.meters, self.log = core.meters, LogBook(settings.logs_dir, settings.log_level)
        self.alarms = Alarms(self.meters, events, self.log, clock)
        watch_acts(core, self.log, events)
        self.storage = compose(settings, core, self.signer, events, announcer, quarantine, self.audit, names)
        premises = premises_of(core, quarantine, announcer, chain)
        self.housekeeping = Housekeeping(settings, premises, believed=BelievedClock(core.executor))
        self.backups = backups_of(settings)
        self.jobs = Scheduler(
            [
                Job(_BACKUP_JOB, _BACKUP_LOOK_S, self.backups.make_if_due),
                Job(_NAMES_JOB, _NAMES_LOOK_S, names.follow, _NAMES_FIRST_S),
                *self.housekeeping.jobs(),
            ],
            clock,
        )
        self.jobs.start()
        self.alarm_jobs = Scheduler([Job(_ALARMS_JOB, LOOK_S, self.alarms.look, LOOK_S)], clock)
        self.alarm_jobs.start()
        self.long_jobs = Scheduler(self.housekeeping.long_jobs(), clock)
        self.long_jobs.start()
        self.watcher = Watcher(
            ground_of(core, quarantine, announcer, self.housekeeping.audit, settings, self.owner_id),
            settings.storage_dir if isinstance(core.backend, LocalBackend) else None,
            settings.outside_changes,
        )

    def __enter__(self) -> Workspace:
        """Return the workspace."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    @property
    def context(self) -> RlsContext:
        """Return the context of the person at this computer."""
        return RlsContext.service(self.owner_id)

    @property
    def keys(self) -> ApiKeys:
        """Return the API keys of the HTTP server as they are now."""
        return self.signing_keys.api_keys

    @property
    def jwt_secret(self) -> str:
        """Return the HS256 secret that bearer tokens are signed with now."""
        return self.signing_keys.jwt_secret

    def close(self) -> None:
        """Tidy the journal and release database and folders; safe to call again."""
        self.watcher.close()
        for jobs in (self.jobs, self.alarm_jobs, self.long_jobs):
            jobs.close()
        try:
            self.audit.close()
            self._tidy()
        finally:
            self._core.executor.close()
            self._core.backend.close()
            self.log.close()

    def _tidy(self) -> None:
        """Remove the records of finished work, unless that would keep somebody waiting who wants to leave."""
        core = self._core
        if not core.journal.has_finished():
            return
        try:
            with core.executor.transaction(RlsContext.service(), limits.CLOSING_PATIENCE_S) as tx:
                finished = core.journal.remove_finished(tx)
        except StorageError:
            _logger.info("the journal is left for the next start to tidy", exc_info=True)
        else:
            core.journal.forget(finished)


def backups_of(settings: Settings) -> Backups:
    """Return the backups of a data folder, open or not."""
    return Backups(settings.database_path, settings.backups_dir, settings.backups_kept, settings.backup_interval_s)


def open_workspace(
    settings: Settings,
    secrets: SecretStore | None = None,
    backend: StorageBackend | None = None,
    failpoints: Failpoints = NO_FAILPOINTS,
    clock: Callable[[], float] = time.monotonic,
) -> Workspace:
    """Open the workspace of a data folder, making it if there is none.

    Args:
        settings: Where, and with which overrides.
        secrets: Where keys are kept; the keyring or a file in the data folder by default.
        backend: Where bytes are kept; the data folder's `storage` by default.
        failpoints: Told of every step of the protocol, for tests that let the process die there.
        clock: Seconds, by which it is time for what goes on by itself.

    Raises:
        PermissionDenied: The data folder cannot be made or written.
        DatabaseCorrupt: The database is damaged, or is gone while its objects' bytes are there; nothing was changed.
        SchemaTooNew: A newer Holdall wrote it.
        BackendUnreachable: Objects are known, but the folder that holds them is not there.
        DatabaseLocked: Another program holds it.
        SecretsUnavailable: The keyring that holds the workspace's keys does not answer.
    """
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise from_os_error(error, str(settings.data_dir)) from error
    store = secrets or open_secret_store(settings.data_dir)
    with opening(settings.data_dir):
        core = _open_core(settings, backend, failpoints)
    try:
        core.settler.roll_forward()
        core.backend.sweep(core.settler.roll_forward)
        _remove_left_folders(core)
        return Workspace(settings, store, core, clock)
    except BaseException:
        core.executor.close()
        core.backend.close()
        raise


def _open_core(settings: Settings, backend: StorageBackend | None, failpoints: Failpoints) -> Core:
    """Open database and backend."""
    if backend is None:
        _require_database(settings)
    engine = open_database(settings.database_path)
    permissions = PermissionChecker()
    try:
        schema.upgrade(engine, lambda: backups_of(settings).make(before_migration=True))
        executor = Executor(engine, permissions)
        if backend is None:
            _require_storage(settings, executor)
        chosen = backend or LocalBackend(settings.storage_dir, failpoints=failpoints)
    except BaseException:
        engine.dispose()
        raise
    journal = Journal()
    meters = meters_of(executor)
    timed = cast("StorageBackend", TimedBackend(chosen, meters))
    settler = Settler(executor, timed, journal, failpoints)
    mutations = Mutations(executor, timed, journal, settler, failpoints)
    sidecars = Sidecars(executor, chosen)
    return Core(executor, chosen, journal, settler, mutations, permissions, failpoints, sidecars, meters, timed)


def _remove_left_folders(core: Core) -> None:
    """Remove the empty folders of buckets that are deleted, whose processes died before they came to that."""
    # Folders first: a bucket's row is there before its folder, so that one which is just being made is known.
    folders = core.backend.list_buckets()
    known = {str(row[0]) for row in core.executor.execute(select(storage_buckets.c.id), RlsContext.service())}
    for bucket_id in folders:
        if bucket_id not in known:
            _remove_left_folder(core.backend, bucket_id)


def _remove_left_folder(backend: StorageBackend, bucket_id: str) -> None:
    """Remove a folder if it is empty; one that cannot be removed is no reason not to start."""
    try:
        backend.remove_bucket(bucket_id)
    except StorageError:
        _logger.warning("the folder of the deleted bucket %s is left", bucket_id, exc_info=True)


def _require_database(settings: Settings) -> None:
    """Refuse to begin an empty database beside stored files: to a check they would all be nobody's.

    The folder is looked at first: of two processes that begin a workspace, the other may just be making both.

    Raises:
        DatabaseCorrupt: The database is missing or empty, and there are files of buckets.
    """
    if holds_buckets(settings.storage_dir) and not is_begun(settings.database_path):
        raise DatabaseCorrupt(
            "The database is missing or empty, but there are stored files",
            path=str(settings.database_path),
            hint="Put the database back from a backup. Nothing was changed, and the stored files are untouched. "
            "To begin anew, move the storage folder away.",
        )


def _require_storage(settings: Settings, executor: Executor) -> None:
    """Refuse to make the storage folder anew while objects are known: their disk may just not be connected.

    Raises:
        BackendUnreachable: The folder is missing, or is not the one that was used before.
    """
    if is_storage_folder(settings.storage_dir):
        return
    if executor.execute(select(storage_objects.c.id).limit(1), RlsContext.service()):
        raise BackendUnreachable(
            "The storage folder is gone",
            path=str(settings.storage_dir),
            hint="Connect the disk that holds it, or put the folder back. Nothing was changed.",
        )


def _owner_id(executor: Executor) -> str:
    """Return the id of the person at this computer, made once; to open a workspace nobody has to wait for a writer."""
    with executor.snapshot(RlsContext.service()) as tx:
        found = _find_owner_id(tx)
    if found is not None:
        return found
    with executor.transaction(RlsContext.service()) as tx:
        found = _find_owner_id(tx)
        if found is None:
            found = str(uuid4())
            tx.execute(insert(storage_settings).values(name=OWNER_SETTING, value=found))
    return found


def _find_owner_id(tx: Transaction) -> str | None:
    """Return the id of the person at this computer if there is one yet."""
    table = storage_settings
    found = tx.execute(select(table.c.value).where(table.c.name == OWNER_SETTING)).scalar()
    return None if found is None else str(found)
