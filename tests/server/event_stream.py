"""A client of `/events`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx


class EventStream:
    """Reads server-sent events as browsers do.

    Attributes:
        last_id: What a browser would send as `Last-Event-ID`.
        comments: Lines that are no events.
    """

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.iter_lines()
        self.last_id = ""
        self.comments: list[str] = []

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield events until the stream ends."""
        fields: dict[str, str] = {}
        for line in self._lines:
            name, _, value = line.partition(":")
            if line.startswith(":"):
                self.comments.append(line)
            elif line:
                fields[name] = value.removeprefix(" ")
                continue
            self.last_id = fields.get("id", self.last_id)
            if "data" in fields:
                event = json.loads(fields["data"])
                assert (fields["event"], fields["id"]) == (event["type"], str(event["id"]))
                yield event
            fields = {}

    def begin(self) -> EventStream:
        """Read the number that stands at the beginning."""
        assert next(self._lines).startswith("retry: ")
        self.last_id = next(self._lines).removeprefix("id: ")
        assert next(self._lines) == ""
        return self

    def next(self) -> dict[str, Any]:
        """Return the next event."""
        return next(iter(self))

    def take(self, count: int) -> list[tuple[str, str | None]]:
        """Return type and path of the next events."""
        return [(event["type"], event.get("path")) for _, event in zip(range(count), self, strict=False)]


@contextmanager
def listening(client: httpx.Client, last_id: str | int | None = None, **query: str) -> Iterator[EventStream]:
    """Listen from now on, or from behind an event."""
    headers = {} if last_id is None else {"last-event-id": str(last_id)}
    with client.stream("GET", "/events", params=query, headers=headers) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"].startswith("text/event-stream")
        stream = EventStream(response).begin()  # held here: whoever does not keep it would end it at once
        yield stream
