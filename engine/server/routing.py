"""Which handler answers a request: a table of route words, longest first.

`/object/<words>/<bucket>/<path>`: a route is its words, whether a bucket and a path follow, and its methods. Words
win over buckets of the same name where the method and the shape fit; otherwise the shorter route is tried, so
`GET /object/public/a.txt` reads `a.txt` from a bucket called "public".
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from engine.server.exchange import Exchange
from engine.server.targets import BASE_PATH, decode


class Shape(Enum):
    """What follows the words of a route."""

    PLAIN = auto()
    BUCKET = auto()
    OBJECT = auto()


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about, decoded.

    Attributes:
        bucket: Name or id, `""` for plain routes.
        path: Object path, `""` unless the route's shape is OBJECT.
    """

    bucket: str = ""
    path: str = ""


Handler = Callable[[Exchange, Target], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the table.

    Attributes:
        method: GET covers HEAD.
        words: Such as `object/sign`.
        shape: What follows the words.
        handler: Answers the exchange.
    """

    method: str
    words: str
    shape: Shape
    handler: Handler


@dataclass(frozen=True, slots=True)
class Match:
    """What a request's line leads to.

    Attributes:
        handler: None when no route takes the method.
        target: Decoded bucket and path; empty without a handler.
        words: Of the route.
        shape: Of the route.
        allowed: Methods that the address takes; empty when there is no such address.
    """

    handler: Handler | None
    target: Target = Target()
    words: bytes = b""
    shape: Shape = Shape.PLAIN
    allowed: tuple[str, ...] = ()


NO_MATCH = Match(handler=None)
_PREFIX = BASE_PATH.encode() + b"/"


class Router:
    """The table. Immutable after construction; any thread.

    Args:
        routes: Every route of the server.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._table: dict[tuple[bytes, Shape], dict[str, Handler]] = {}
        self._beginnings: set[bytes] = set()
        for route in routes:
            methods = self._table.setdefault((route.words.encode(), route.shape), {})
            methods[route.method] = route.handler
            if route.method == "GET":
                methods["HEAD"] = route.handler
            words = route.words.encode().split(b"/")
            self._beginnings.update(b"/".join(words[:count]) for count in range(1, len(words) + 1))

    def match(self, method: str, raw_path: bytes) -> Match:
        """Find the handler for a request.

        Args:
            method: In capitals.
            raw_path: Path of the request target, still percent-encoded, without the query.

        Returns:
            The handler and its decoded target; or the methods that would be taken; or `NO_MATCH`.

        Raises:
            InvalidKey: The bucket or path cannot be decoded.
        """
        if not raw_path.startswith(_PREFIX):
            return NO_MATCH
        rest = raw_path[len(_PREFIX) :]
        allowed: set[str] = set()
        for words, shape, bucket, path in self._readings(rest):
            methods = self._table.get((words, shape))
            if methods is None:
                continue
            if method in methods:
                return Match(methods[method], Target(decode(bucket), decode(path)), words, shape)
            allowed.update(methods)
        return Match(None, allowed=tuple(sorted(allowed)))

    def _readings(self, rest: bytes) -> Iterator[tuple[bytes, Shape, bytes, bytes]]:
        """Yield the ways to cut an address into words, bucket and path; most words first."""
        ends = []
        end = rest.find(b"/")
        while end >= 0 and rest[:end] in self._beginnings:
            ends.append(end)
            end = rest.find(b"/", end + 1)
        if end < 0:
            yield rest, Shape.PLAIN, b"", b""
        for end in reversed(ends):
            bucket, slash, path = rest[end + 1 :].partition(b"/")
            yield rest[:end], Shape.OBJECT if slash else Shape.BUCKET, bucket, path
