"""Acts: what callers do, from the call that begins them to where they are written down.

A call of the façade is an act (`act`): while it runs its context says so, which row rules (`storage.operation()`) and
the audit read. An act that the context has already stays: the server knows better what its caller asked for. Where an
act calls another, with the context that it was given, both are the outer one.

An act that changes something is written down in the transaction of the change (`Acts.committing`); all others, and
those that were refused or failed, when they end. Whoever watches is told of each act once, when it has ended: with
what came of it, and how long it took.

Threads: any; a call's act may go on in other threads.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

from engine import limits
from engine.context import NO_CLAIMS, Act, Operation, Origin, RlsContext
from engine.errors import Cancelled

if TYPE_CHECKING:
    from engine.metadata.executor import Transaction
    from engine.types import ItemFailure

_P = ParamSpec("_P")
_R = TypeVar("_R")


class ActBook(Protocol):
    """Where acts are written down."""

    def write(self, tx: Transaction) -> None:
        """Write down the act of a transaction's caller, as a part of it."""

    def gather(self, context: RlsContext, error: Exception | None = None, origin: Origin | None = None) -> None:
        """Remember a caller's act that has ended without a change, to be written down soon. Fails never.

        Args:
            context: The caller, in the act.
            error: Why it was not done, or None if it was.
            origin: Where it came from, unless the context says it.
        """


@dataclass(slots=True)
class Course:
    """What has come of an act so far.

    Attributes:
        written: Whether it is written down, because something was committed.
        count: Objects that were changed, or were read to their end.
        stored: How many of them got a content.
        size_bytes: What those weigh.
        failures: What could not be done.
    """

    written: bool = False
    count: int = 0
    stored: int = 0
    size_bytes: int = 0
    failures: Sequence[ItemFailure] = field(default=())


class ActWatch(Protocol):
    """Is told of acts that have ended. Returns at once, and fails never."""

    def ended(self, context: RlsContext, course: Course, error: Exception | None) -> None:
        """Hear of an act that has ended.

        Args:
            context: The caller, in the act.
            course: What came of it.
            error: Why it was not done, or None if it was.
        """

    def sent(self, bucket: str, size_bytes: int, error: Exception | None) -> None:
        """Hear of an object that the server sent, and logs by itself.

        Args:
            bucket: Where it lies, as the caller named it.
            size_bytes: How much was sent.
            error: Why that was not all, or None if it was.
        """


class Acts:
    """Follows acts. Until there is a book they are named, but written down nowhere."""

    def __init__(self) -> None:
        self._book: ActBook | None = None
        self._watch: ActWatch | None = None
        self._going_on: dict[int, Course] = {}
        """What has come of the acts that are going on, by the identity of each."""

    def keep_in(self, book: ActBook) -> None:
        """Write acts down from now on.

        Args:
            book: Where.
        """
        self._book = book

    def tell(self, watch: ActWatch) -> None:
        """Tell somebody of acts from now on.

        Args:
            watch: Who.
        """
        self._watch = watch

    @contextmanager
    def following(
        self,
        context: RlsContext,
        operation: Operation,
        bucket: str = "",
        path: str = "",
        detail: Mapping[str, Any] = NO_CLAIMS,
        *,
        silent: bool = False,
    ) -> Iterator[RlsContext]:
        """Follow an act until the block ends.

        Args:
            context: Who asks, perhaps in an act already.
            operation: What is done.
            bucket: Where, as the caller named it.
            path: To what.
            detail: What else the caller said.
            silent: Whether only a failure is written down, because the act goes on elsewhere.

        Yields:
            The caller in the act.
        """
        known = context.act
        if known is not None and id(known) in self._going_on:
            yield context
            return
        act = _completed(known, Act(operation.value, bucket, path, detail))
        context = replace(context, act=act)
        course = self._going_on[id(act)] = Course(written=silent)
        try:
            yield context
        except (Exception, GeneratorExit) as error:
            # who stops to read a listing has read it so far
            failure = error if isinstance(error, Exception) else None
            self.gather(context, failure)
            self._ended(context, course, failure)
            raise
        else:
            if not course.written:
                self.gather(context)
            if not silent:
                self._ended(context, course)
        finally:
            del self._going_on[id(act)]

    def refused(self, context: RlsContext, error: Exception) -> None:
        """Remember that an act failed, unless it is followed and will be written down when it ends.

        Args:
            context: The caller, in the act.
            error: Why.
        """
        if context.act is None or id(context.act) not in self._going_on:
            self.gather(context, error)
            self._ended(context, Course(), error)

    def given_up(self, context: RlsContext) -> None:
        """Tell that whoever began an act left before its end, unless it is followed and will be told of then.

        Args:
            context: The caller, in the act.
        """
        if context.act is None or id(context.act) not in self._going_on:
            self._ended(context, Course(), Cancelled("The caller left"))

    def refused_items(self, context: RlsContext, done: int, failures: Sequence[ItemFailure]) -> None:
        """Remember what could not be done of an act that did the rest.

        Args:
            context: The caller, in the act.
            done: How many items were done; where none was, nothing else is written down.
            failures: The others.
        """
        act = context.act
        if not failures or act is None:
            return
        told = {failure.path: getattr(failure.error, "code", "") for failure in failures[: limits.AUDIT_PATHS_MAX]}
        said = replace(act, detail={**act.detail, "refused": len(failures), "items": told})
        self.gather(replace(context, act=said), failures[0].error)
        course = self._going_on.get(id(act))
        if course is not None:
            course.failures = failures
            course.written = course.written or not done

    def sent(self, context: RlsContext, size_bytes: int, error: Exception | None) -> None:
        """Count what the server sent; it is asked thousands of times a second, so there is no more to it.

        Args:
            context: The caller, in the act.
            size_bytes: How much.
            error: Why that was not all, or None if it was.
        """
        if self._watch is not None and context.act is not None:
            self._watch.sent(context.act.bucket, size_bytes, error)

    def delivered(self, context: RlsContext, count: int, size_bytes: int) -> None:
        """Count what was read to its end, in the act that goes on, or in one of its own.

        Args:
            context: The caller, in the act.
            count: Objects.
            size_bytes: What was read of them.
        """
        course = None if context.act is None else self._going_on.get(id(context.act))
        if course is None:
            self._ended(context, Course(count=count, size_bytes=size_bytes))
            return
        course.count += count
        course.size_bytes += size_bytes

    def gather(self, context: RlsContext, error: Exception | None = None, origin: Origin | None = None) -> None:
        """Remember an act that has ended without a change; a caller in no act is left out.

        So is a read that its caller broke off: nothing was refused or failed, and somebody who types in a filter breaks
        off one a letter.

        Args:
            context: The caller, in the act.
            error: Why it was not done, or None if it was.
            origin: Where it came from, unless the context says it.
        """
        if self._book is not None and context.act is not None and not _is_broken_off(context, error):
            self._book.gather(context, error, origin)

    def committing(self, tx: Transaction) -> None:
        """Write down the act of a transaction's caller, as a part of it; the engine's own looks are none.

        Args:
            tx: About to be committed.
        """
        act = tx.context.act
        if act is None or self._book is None or tx.changed_nothing:
            return
        self._book.write(tx)
        course = self._going_on.get(id(act))
        if course is not None:
            course.written = True

    def committed(self, tx: Transaction) -> None:
        """Count what a transaction stored, now that it is so.

        Args:
            tx: Was committed.
        """
        act = tx.context.act
        if act is None or tx.changed_nothing:
            return
        said = tx.notes.detail
        count, size_bytes = int(said.get("count", 1)), int(said.get("bytes", 0))
        stored = count if "replaced" in said else 0  # which is said of contents alone
        course = self._going_on.get(id(act))
        if course is None:
            self._ended(tx.context, Course(count=count, stored=stored, size_bytes=size_bytes))
            return
        course.count += count
        course.stored += stored
        course.size_bytes += size_bytes

    def _ended(self, context: RlsContext, course: Course, error: Exception | None = None) -> None:
        """Tell who watches of an act that has ended; a caller in no act is left out."""
        if self._watch is not None and context.act is not None:
            self._watch.ended(context, course, error)


def act(
    operation: Operation,
    bucket: str | None = "bucket",
    path: str | None = None,
    *,
    told: Sequence[str] = (),
    named: Mapping[str, Callable[[str], str]] = NO_CLAIMS,
    silent: bool = False,
) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Make a method an act of the caller whose `context` it takes.

    Args:
        operation: What it does.
        bucket: Name of the parameter that says where, or None where that is nowhere.
        path: Name of the parameter, or of an attribute of one, that says to what: a path, or several. None: to nothing.
        told: Names of further parameters, or of attributes of them, that are worth to be known.
        named: Further parameters that open something, each with what makes another name of it for those who read.
        silent: Whether only failures are written down.

    Returns:
        What decorates methods of objects with an `_executor`.
    """

    def decorate(method: Callable[_P, _R]) -> Callable[_P, _R]:
        signature = inspect.signature(method)
        find = functools.partial(_finder, list(signature.parameters.values()))
        bucket_of, path_of, context_of = find(bucket), find(path), find("context")
        told_by = {name.rpartition(".")[2]: find(name) for name in told}
        named_by = {name: (find(name), rename) for name, rename in named.items()}
        place = list(signature.parameters).index("context")

        def followed(arguments: tuple[Any, ...], names: dict[str, Any]) -> Any:  # noqa: ANN401 - a context manager
            where, detail = _said(path_of(arguments, names))
            detail |= {name: value for name, tell in told_by.items() if (value := _bounded(tell(arguments, names)))}
            detail |= {name: rename(tell(arguments, names)) for name, (tell, rename) in named_by.items()}
            acts: Acts = arguments[0]._executor.acts
            return acts.following(
                context_of(arguments, names), operation, bucket_of(arguments, names), where, detail, silent=silent
            )

        def within(context: RlsContext, arguments: tuple[Any, ...], names: dict[str, Any]) -> Any:  # noqa: ANN401
            if len(arguments) > place:
                return method(*(*arguments[:place], context, *arguments[place + 1 :]), **names)
            return method(*arguments, **names | {"context": context})

        def call(*arguments: Any, **names: Any) -> Any:  # noqa: ANN401 - as the method
            with followed(arguments, names) as context:
                return within(context, arguments, names)

        def generate(*arguments: Any, **names: Any) -> Iterator[Any]:
            with followed(arguments, names) as context:
                yield from within(context, arguments, names)

        chosen = generate if inspect.isgeneratorfunction(method) else call
        return functools.wraps(method)(chosen)

    return decorate


def _finder(parameters: Sequence[inspect.Parameter], name: str | None) -> Callable[[tuple[Any, ...], Any], Any]:
    """Return what finds an argument by the name of its parameter, `""` where there is none to find."""
    if name is None:
        return lambda _arguments, _names: ""
    first, _, attribute = name.partition(".")
    place = next(index for index, parameter in enumerate(parameters) if parameter.name == first)
    default = "" if parameters[place].default is inspect.Parameter.empty else parameters[place].default

    def find(arguments: tuple[Any, ...], names: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever it is
        return arguments[place] if len(arguments) > place else names.get(first, default)

    if not attribute:
        return find
    within = attrgetter(attribute)
    return lambda arguments, names: within(find(arguments, names))


def _said(path: str | Sequence[str]) -> tuple[str, dict[str, Any]]:
    """Return the one path that an act is about, or `""` with all of them as detail."""
    if isinstance(path, str):
        return path, {}
    if len(path) == 1:
        return path[0], {}
    return "", paths_told(path)


def paths_told(paths: Sequence[str]) -> dict[str, Any]:
    """Return how several paths are told: how many, and which, up to a bound.

    Args:
        paths: Any number.
    """
    return {"count": len(paths), "paths": list(paths[: limits.AUDIT_PATHS_MAX])}


def _bounded(value: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """Return an argument as it is told: of very many ids, as many as of paths."""
    return value[: limits.AUDIT_PATHS_MAX] if isinstance(value, list | tuple) else value


def _is_broken_off(context: RlsContext, error: Exception | None) -> bool:
    """Return whether a read ended because its caller waits for it no longer (`RlsContext.until`)."""
    return isinstance(error, Cancelled) and context.cancel is not None and context.cancel.cancelled


def _completed(known: Act | None, own: Act) -> Act:
    """Return an act of its own: as it is known already, and where that says nothing, as it is called."""
    if known is None:
        return own
    return replace(
        known, bucket=known.bucket or own.bucket, path=known.path or own.path, detail={**own.detail, **known.detail}
    )
