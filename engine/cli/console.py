"""Where commands speak: results on standard output, messages on standard error.

With `--json` every result is one JSON document and every error one JSON line, so that a program never parses prose.
"""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Iterable, Mapping
from typing import Any, Final, TextIO

from engine.cli.excerpts import excerpt
from engine.cli.formatting import terminal_safe
from engine.errors import InvalidPolicy, StorageError
from engine.types import ItemFailure

PROGRAM: Final = "holdall"
"""Begins every message, so that one can tell whose it is in a pipeline's output."""


class Console:
    """The two streams of one run. Used by the main thread alone."""

    def __init__(self, out: TextIO, err: TextIO, *, as_json: bool = False, debug: bool = False) -> None:
        self._out = out
        self._err = err
        self._debug = debug
        self.as_json = as_json

    @property
    def messages(self) -> TextIO:
        """The stream of messages, for the progress bar."""
        return self._err

    @property
    def attended(self) -> bool:
        """Whether a person is likely to read the messages: standard error is a terminal."""
        return self._err.isatty()

    def line(self, text: str) -> None:
        """Print one line of the result; a terminal gets it without characters that could steer it.

        Args:
            text: Without a line end.
        """
        self._out.write((terminal_safe(text) if self._out.isatty() else text) + "\n")

    def document(self, value: Any) -> None:  # noqa: ANN401 - whatever json can write
        """Print the result as one JSON document on one line.

        Args:
            value: Anything `json.dumps` takes.
        """
        self._out.write(json.dumps(value, ensure_ascii=False) + "\n")

    def array(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Print the result as one JSON array, a row a line, without keeping all rows in memory.

        Args:
            rows: JSON objects.
        """
        separator = "["
        for row in rows:
            self._out.write(separator + json.dumps(row, ensure_ascii=False))
            separator = ",\n "
        self._out.write("]\n" if separator != "[" else "[]\n")

    def flush(self) -> None:
        """Hand everything over to the reader of the result now."""
        self._out.flush()

    def note(self, text: str) -> None:
        """Tell something that is neither result nor error.

        Args:
            text: One sentence.
        """
        if self.as_json:
            self._err.write(json.dumps({"notice": text}, ensure_ascii=False) + "\n")
        else:
            self._message(text)

    def error(self, error: StorageError) -> None:
        """Tell why the command failed, and what can be done about it.

        Args:
            error: The reason.
        """
        if self.as_json:
            self._err.write(json.dumps({"error": error_document(error)}, ensure_ascii=False) + "\n")
        else:
            self._message(str(error), error.hint)
        if self._debug:
            self._trace(error)

    def error_in_text(self, error: InvalidPolicy, name: str, text: str) -> None:
        """Tell why a text is refused: where, and the line with a mark under what is wrong.

        Args:
            error: The reason.
            name: What the text is called.
            text: What was read.
        """
        if self.as_json:
            self.error(error)
            return
        self._message(f"{name}:{error.line}:{error.column}: {error.message}", error.hint)
        for line in excerpt(text, error.line, error.column, error.length):
            self._err.write(f"    {line}\n")
        if self._debug:
            self._trace(error)

    def failures(self, failures: Iterable[ItemFailure]) -> None:
        """Tell of every item that a bulk command could not do; with `--json` they are part of its document.

        Args:
            failures: Items, each with its reason.
        """
        for failure in () if self.as_json else failures:
            message, hint = _texts_of(failure.error)
            self._message(f"{failure.source or failure.path}: {message}", hint)

    def crash(self, error: BaseException) -> None:
        """Tell of an error that nobody foresaw.

        Args:
            error: What was raised.
        """
        self._message(f"unexpected {type(error).__name__}: {error}", "Run it again with --debug for the details.")
        if self._debug:
            self._trace(error)

    def leave(self) -> None:
        """End a run that failed: results that still cannot be written are dropped, the failure has been told."""
        try:
            self._out.flush()
        except OSError:
            self.silence()

    def silence(self) -> None:
        """Drop all further results: their reader is gone, and the interpreter must not complain at its exit."""
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, self._out.fileno())
        os.close(null)

    def _message(self, text: str, hint: str | None = None) -> None:
        self._err.write(f"{PROGRAM}: {terminal_safe(text)}\n")
        if hint:
            self._err.write(f"{' ' * len(PROGRAM)}  {terminal_safe(hint)}\n")

    def _trace(self, error: BaseException) -> None:
        traceback.print_exception(error, file=self._err)


def error_document(error: Exception) -> dict[str, Any]:
    """Return an error for programs.

    Args:
        error: Of the engine, or any other.

    Returns:
        `code`, `message`, and `path`, `hint` where known; of a policy that is refused, also the place.
    """
    if not isinstance(error, StorageError):
        return {"code": "InternalError", "message": str(error)}
    known = {"path": error.path, "hint": error.hint}
    place = {"line": error.line, "column": error.column} if isinstance(error, InvalidPolicy) else {}
    return {"code": error.code, "message": error.message} | {key: text for key, text in known.items() if text} | place


def failure_document(failure: ItemFailure) -> dict[str, Any]:
    """Return one item that could not be done, for programs.

    Args:
        failure: Item and reason.
    """
    return error_document(failure.error) | {"path": failure.path, "source": failure.source}


def _texts_of(error: Exception) -> tuple[str, str | None]:
    return (error.message, error.hint) if isinstance(error, StorageError) else (str(error), None)
