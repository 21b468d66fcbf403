"""What may be called what: the engine's rules for names, as sentences to show beside a field."""

from __future__ import annotations

from collections.abc import Callable

from app.i18n import translate
from engine.errors import RequestFault
from engine.paths import validate_bucket_name, validate_object_path


def name_problem(name: str) -> str | None:
    """Return why a file or folder can't have this name, or None if it can.

    Args:
        name: One segment, as typed.
    """
    if not name.strip():
        return translate("Names", "A name is needed.")
    if "/" in name:
        return translate("Names", "A name can't contain “/”: it separates folders.")
    return _reason(lambda: validate_object_path(name))


def path_problem(path: str) -> str | None:
    """Return why an object can't have this path, or None if it can.

    Args:
        path: Whole path in the bucket; a folder's trailing `/` is ignored.
    """
    return _reason(lambda: validate_object_path(path.rstrip("/") or path))


def bucket_name_problem(name: str) -> str | None:
    """Return why a bucket can't have this name, or None if it can.

    Args:
        name: As typed.
    """
    if not name.strip():
        return translate("Names", "A name is needed.")
    return _reason(lambda: validate_bucket_name(name))


def _reason(check: Callable[[], str]) -> str | None:
    try:
        check()
    except RequestFault as fault:
        return fault.hint or fault.message
    return None
