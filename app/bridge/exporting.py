"""Objects as real files for other programs: dragged out, copied to the clipboard, opened. In a folder of our own."""

from __future__ import annotations

import shutil
import stat
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from app.bridge.acting import ActingTasks, Attempt, Deed
from app.bridge.tasks import Fail, Ticket
from app.i18n import translate
from engine.files.downloads import ObjectReader
from engine.files.trees import deliver
from engine.os_errors import from_os_error
from engine.storage import FileStorage
from engine.types import BatchReport, RlsContext


class Exporter:
    """Writes objects into temporary folders that live as long as the window."""

    def __init__(self, storage: FileStorage, tasks: ActingTasks, folder: Path) -> None:
        """Args: the engine, the lanes of whoever reads, and the folder to use, which is emptied at `clear`."""
        self._storage = storage
        self._tasks = tasks
        self._folder = folder

    def export(
        self,
        bucket: str,
        paths: Sequence[str],
        then: Callable[[list[Path]], None],
        otherwise: Fail | None = None,
        *,
        read_only: bool = False,
        moment: datetime | None = None,
    ) -> Ticket:
        """Write objects and folders as files.

        Args:
            bucket: The bucket's name.
            paths: Objects, and folders with a trailing `/`.
            then: Gets the files and folders that were made, one for each path.
            otherwise: Gets the failure; also when anything at all could not be read: nobody takes a part for the whole.
            moment: As they were then, or None for now.
            read_only: Take the right to write away, so that nobody edits a copy in vain.
        """
        return self._tasks.export(
            lambda ticket, me: self._export(bucket, paths, ticket, me, read_only=read_only, moment=moment),
            then,
            otherwise,
            attempt=Attempt.with_all(Deed.READ, bucket, paths),
        )

    def keep(
        self, name: str, make: Callable[[], bytes], then: Callable[[Path], None], otherwise: Fail | None = None
    ) -> Ticket:
        """Write bytes as a file of that name.

        Args:
            name: Last segment of its path.
            make: Makes the content, in the worker.
            then: Gets the file.
            otherwise: Gets the failure.
        """
        return self._tasks.read(lambda _, __: self._keep(name, make()), then, otherwise)

    def export_content(
        self,
        open_it: Callable[[RlsContext], ObjectReader],
        name: str,
        then: Callable[[list[Path]], None],
        otherwise: Fail | None = None,
    ) -> Ticket:
        """Write one content, such as an old version, as a file that nobody edits in vain.

        Args:
            open_it: Opens it for whoever reads, in the worker.
            name: Last segment of the file's path.
            then: Gets the file.
            otherwise: Gets the failure.
        """
        return self._tasks.export(
            lambda ticket, me: [self._export_content(lambda: open_it(me), name, ticket)], then, otherwise
        )

    def download_past(
        self,
        bucket: str,
        paths: Sequence[str],
        folder: Path,
        moment: datetime,
        then: Callable[[BatchReport], None],
        otherwise: Fail | None = None,
    ) -> Ticket:
        """Write objects and folders as they were at a moment into a folder; files that are there are left alone."""
        label = translate("Exporter", "Downloading %Ln item(s) of the past", None, len(paths))
        return self._tasks.download(
            lambda ticket, me: self._storage.download_tree(
                bucket, paths, folder, me, progress=ticket.report, cancel=ticket.token, moment=moment
            ),
            then,
            otherwise,
            label=label,
        )

    def clear(self) -> None:
        """Delete everything that was made. Touches the disk: not for the main thread while the window is open."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _export(
        self,
        bucket: str,
        paths: Sequence[str],
        ticket: Ticket,
        me: RlsContext,
        *,
        read_only: bool,
        moment: datetime | None,
    ) -> list[Path]:
        target = self._new_folder()
        report = self._storage.download_tree(bucket, paths, target, me, cancel=ticket.token, moment=moment)
        if report.failures:
            raise report.failures[0].error
        made = sorted(target.iterdir())
        if read_only:
            for path in made:
                path.chmod(stat.S_IRUSR)
        return made

    def _export_content(self, open_it: Callable[[], ObjectReader], name: str, ticket: Ticket) -> Path:
        path = self._new_folder() / name
        with open_it() as reader:
            deliver(reader, path, replace=False, verify=True, monitor=lambda _: ticket.token.raise_if_cancelled())
        path.chmod(stat.S_IRUSR)
        return path

    def _keep(self, name: str, content: bytes) -> Path:
        path = self._new_folder() / name
        try:
            path.write_bytes(content)
        except OSError as error:
            raise from_os_error(error, str(path)) from error
        return path

    def _new_folder(self) -> Path:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            return Path(tempfile.mkdtemp(dir=self._folder))
        except OSError as error:
            raise from_os_error(error, str(self._folder)) from error
