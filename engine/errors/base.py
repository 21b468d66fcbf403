"""The root of the engine's errors, and the one that is the engine's own fault."""

from __future__ import annotations

from typing import ClassVar


class StorageError(Exception):
    """Root of everything the engine raises on purpose.

    Attributes:
        code: Stable name for programs, in the vocabulary of object stores.
        message: One sentence for a person.
        path: The object, file or folder that it is about, if any.
        hint: What the person can do about it, if anything.
        about: Which value of the call is refused, by its name there; empty where it is about all of it.
        retryable: Whether the same call may succeed later unchanged.
    """

    code: ClassVar[str] = "InternalError"
    default_hint: ClassVar[str | None] = None
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, path: str | None = None, hint: str | None = None, about: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.about = about
        self.path = path
        self.hint = hint if hint is not None else self.default_hint

    def __str__(self) -> str:
        """Return the message, followed by the path it is about unless it already names it."""
        if self.path and self.path not in self.message:
            return f"{self.message}: {self.path}"
        return self.message


class EngineBug(StorageError):
    """Cannot happen; if it does, it is ours to mend."""
