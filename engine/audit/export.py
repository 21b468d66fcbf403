"""Writes entries to a file, in the order of the chain: CSV for spreadsheets, JSON lines for programs.

The file gets its name when it is complete and durable. A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@`
for a formula, so such a cell gets a `'` before it, which spreadsheets do not show.

Source: OWASP, "CSV Injection"; RFC 4180.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Literal, TextIO

from engine.access_types import AuditEntry
from engine.ids import new_id
from engine.os_errors import from_os_error
from engine.small_files import sync_dir

Form = Literal["csv", "jsonl"]

_FIELDS: Final = (
    "id", "at", "actor", "acted_by", "user_id", "role", "operation", "bucket_id", "bucket", "path", "result",
    "request_id", "remote_address", "detail",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def write_file(pages: Iterable[Iterable[AuditEntry]], target: Path, form: Form) -> int:
    """Write entries to a file that its owner alone can read; one of that name is replaced.

    Args:
        pages: The entries; what this raises ends the export, and leaves what was there.
        target: The file.
        form: How.

    Returns:
        How many.

    Raises:
        IoError: The system refused.
    """
    draft = target.with_name(f".{target.name[:40]}.{new_id()[-12:]}.holdall-part")
    try:
        with _removed_on_failure(draft):
            written = _write_draft(pages, draft, form)
            draft.replace(target)
            sync_dir(target.parent)
    except OSError as error:
        raise from_os_error(error, str(target)) from error
    return written


def document(entry: AuditEntry) -> dict[str, Any]:
    """Return an entry for programs."""
    return {name: getattr(entry, name) for name in _FIELDS} | {
        "at": entry.at.isoformat(),
        "detail": dict(entry.detail),
    }


def _write_draft(pages: Iterable[Iterable[AuditEntry]], draft: Path, form: Form) -> int:
    """Write a file under its first name, durably."""
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    written = 0
    with os.fdopen(fd, "w", encoding="utf-8", newline="") as file:
        write = _csv_writer(file) if form == "csv" else _line_writer(file)
        for page in pages:
            for entry in page:
                write(entry)
                written += 1
        file.flush()
        os.fsync(file.fileno())
    return written


def _csv_writer(file: TextIO) -> Callable[[AuditEntry], object]:
    """Write the names of the columns, and return what writes a row."""
    writer = csv.writer(file)
    writer.writerow(_FIELDS)

    def write(entry: AuditEntry) -> None:
        row = document(entry) | {"detail": json.dumps(dict(entry.detail), ensure_ascii=False)}
        writer.writerow([_harmless(value) for value in row.values()])

    return write


def _line_writer(file: TextIO) -> Callable[[AuditEntry], object]:
    """Return what writes a line."""
    return lambda entry: file.write(json.dumps(document(entry), ensure_ascii=False) + "\n")


def _harmless(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


@contextlib.contextmanager
def _removed_on_failure(draft: Path) -> Iterator[None]:
    """Leave nothing of a file that was not finished."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
