"""Which policies each call of the API needs, as data: the table "Which policy each call needs", line by line.

A call is tried as a signed-in user in a private bucket that has a subset of the four policies, each `using (true)`. It
is allowed where the subset has all that it needs; else it ends as the first line of `refusals` says whose policies are
not all there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain, combinations
from typing import Any

import httpx

Policies = frozenset[str]
Send = Callable[[httpx.Client, "Ground"], httpx.Response]

POLICIES = ("select", "insert", "update", "delete")
SUBSETS = [frozenset(subset) for subset in chain.from_iterable(combinations(POLICIES, size) for size in range(5))]

HIDDEN = (404, "not_found", "NoSuchKey", "Object not found")
BUCKET_HIDDEN = (404, "Bucket not found", "NoSuchBucket", "Bucket not found")
WRITE_DENIED = (403, "Unauthorized", "AccessDenied", "new row violates row-level security policy")
DENIED = (403, "Unauthorized", "AccessDenied", "Access denied")
UNSIGNABLE = "Either the object does not exist or you do not have access to it"


def letters(policies: Policies) -> str:
    """Return a subset as a name: `SI--` for SELECT and INSERT."""
    return "".join(policy[0].upper() if policy in policies else "-" for policy in POLICIES)


@dataclass(frozen=True)
class Ground:
    """Where a call is tried.

    Attributes:
        bucket: A bucket with the policies.
        other: Another one with the same.
        path: An object in `bucket` that nobody else touches.
        new: A path there that is free.
    """

    bucket: str
    other: str
    path: str
    new: str


@dataclass(frozen=True)
class Call:
    """One line of the table.

    Attributes:
        name: For people.
        send: Makes the call.
        needs: The policies without which it is refused.
        status: Of the answer where it is allowed.
        refusals: Policies, and the error where one of them is missing; or what the answer's JSON is then, at 200.
        shows: What the answer's JSON comes to where it is allowed.
    """

    name: str
    send: Send
    needs: str
    refusals: tuple[tuple[str, Any], ...]
    status: int = 200
    shows: Callable[[httpx.Response], bool] = field(default=lambda _: True)

    def refusal(self, policies: Policies) -> object | None:
        """Return how the call ends with a subset of the policies, or None where it is allowed."""
        if policies >= set(self.needs.split()):
            return None
        return next(told for needed, told in self.refusals if not policies >= set(needed.split()))


def _names(response: httpx.Response) -> bool:
    return [row["name"] for row in response.json()] != []


def _pair(ground: Ground, target: str, bucket: str | None = None) -> dict[str, str]:
    pair = {"bucketId": ground.bucket, "sourceKey": ground.path, "destinationKey": target}
    return pair if bucket is None else pair | {"destinationBucket": bucket}


UPSERT = {"x-upsert": "true"}
READ = (("select", HIDDEN),)
WRITE = (("select insert update", WRITE_DENIED),)

OBJECT_CALLS = (
    Call("upload", lambda c, g: c.post(f"/object/{g.bucket}/{g.new}", content=b"new"), "insert", WRITE, 201),
    Call(
        "upload with upsert, new",
        lambda c, g: c.post(f"/object/{g.bucket}/{g.new}", content=b"new", headers=UPSERT),
        "select insert", WRITE, 201,
    ),
    Call(
        "upload with upsert, existing",
        lambda c, g: c.post(f"/object/{g.bucket}/{g.path}", content=b"new", headers=UPSERT),
        "select insert update", WRITE, 201,
    ),
    Call("put, new", lambda c, g: c.put(f"/object/{g.bucket}/{g.new}", content=b"new"), "select insert", WRITE, 201),
    Call(
        "put, existing",
        lambda c, g: c.put(f"/object/{g.bucket}/{g.path}", content=b"new"),
        "select insert update", WRITE, 201,
    ),
    Call(
        "multipart upload",
        lambda c, g: c.post(f"/object/{g.bucket}/{g.new}", files={"file": ("a", b"new", "text/plain")}),
        "insert", WRITE, 201,
    ),
    Call("sign an upload", lambda c, g: c.post(f"/object/upload/sign/{g.bucket}/{g.new}"), "insert", WRITE),
    Call(
        "sign an upload with upsert, new",
        lambda c, g: c.post(f"/object/upload/sign/{g.bucket}/{g.new}", headers=UPSERT),
        "select insert", WRITE,
    ),
    Call(
        "sign an upload with upsert, existing",
        lambda c, g: c.post(f"/object/upload/sign/{g.bucket}/{g.path}", headers=UPSERT),
        "select insert update", WRITE,
    ),
    Call("get", lambda c, g: c.get(f"/object/{g.bucket}/{g.path}"), "select", READ),
    Call("get, authenticated", lambda c, g: c.get(f"/object/authenticated/{g.bucket}/{g.path}"), "select", READ),
    Call("head", lambda c, g: c.head(f"/object/{g.bucket}/{g.path}"), "select", READ),
    Call("info", lambda c, g: c.get(f"/object/info/{g.bucket}/{g.path}"), "select", READ),
    Call("info, authenticated", lambda c, g: c.get(f"/object/info/authenticated/{g.bucket}/{g.path}"), "select", READ),
    Call("list", lambda c, g: c.post(f"/object/list/{g.bucket}"), "select", (("select", []),), shows=_names),
    Call(
        "list, searching",
        lambda c, g: c.post(f"/object/list/{g.bucket}", json={"search": g.path[:3]}),
        "select", (("select", []),), shows=_names,
    ),
    Call(
        "list-v2",
        lambda c, g: c.post(f"/object/list-v2/{g.bucket}", json={"prefix": g.path, "limit": 1, "cursor": None}),
        "select", (("select", {"hasNext": False, "folders": [], "objects": []}),),
        shows=lambda response: len(response.json()["objects"]) == 1,
    ),
    Call(
        "list-v2, with folders",
        lambda c, g: c.post(f"/object/list-v2/{g.bucket}", json={"with_delimiter": True}),
        "select", (("select", {"hasNext": False, "folders": [], "objects": []}),),
        shows=lambda response: response.json()["folders"] != [],
    ),
    Call("sign", lambda c, g: c.post(f"/object/sign/{g.bucket}/{g.path}", json={"expiresIn": 60}), "select", READ),
    Call(
        "sign many",
        lambda c, g: c.post(f"/object/sign/{g.bucket}", json={"expiresIn": 60, "paths": [g.path]}),
        "select", (("select", [{"error": UNSIGNABLE, "path": "old sign many", "signedURL": None}]),),
        shows=lambda response: response.json()[0]["error"] is None,
    ),
    Call(
        "move",
        lambda c, g: c.post("/object/move", json=_pair(g, g.new)),
        "select update", (("select", HIDDEN), ("update", WRITE_DENIED)),
    ),
    Call(
        "move to another bucket",
        lambda c, g: c.post("/object/move", json=_pair(g, g.new, g.other)),
        "select update", (("select", HIDDEN), ("update", WRITE_DENIED)),
    ),
    Call(
        "copy",
        lambda c, g: c.post("/object/copy", json=_pair(g, g.new)),
        "select insert", (("select", HIDDEN), ("insert", WRITE_DENIED)),
    ),
    Call(
        "copy to another bucket",
        lambda c, g: c.post("/object/copy", json=_pair(g, g.new, g.other)),
        "select insert", (("select", HIDDEN), ("insert", WRITE_DENIED)),
    ),
    Call(
        "copy with upsert, existing",
        lambda c, g: c.post("/object/copy", json=_pair(g, "taken"), headers=UPSERT),
        "select insert update", (("select", HIDDEN), ("insert update", WRITE_DENIED)),
    ),
    Call(
        "delete",
        lambda c, g: c.delete(f"/object/{g.bucket}/{g.path}"),
        "select delete", (("select", HIDDEN), ("delete", DENIED)), 204,
    ),
    Call(
        "delete many",
        lambda c, g: c.request("DELETE", f"/object/{g.bucket}", json={"prefixes": [g.path, "nothing"]}),
        "select delete", (("select delete", []),), shows=_names,
    ),
    Call("empty the bucket", lambda c, g: c.post(f"/bucket/{g.bucket}/empty"), "service", (("service", DENIED),)),
)  # fmt: skip
"""Calls about objects: they need policies on the objects table and none on the buckets'."""

BUCKET_CALLS = (
    Call(
        "list buckets",
        lambda c, g: c.get("/bucket", params={"search": g.bucket}),
        "select", (("select", []),), shows=_names,
    ),
    Call("get a bucket", lambda c, g: c.get(f"/bucket/{g.bucket}"), "select", (("select", BUCKET_HIDDEN),)),
    Call("make a bucket", lambda c, g: c.post("/bucket", json={"name": g.new}), "insert", (("insert", WRITE_DENIED),)),
    Call(
        "change a bucket",
        lambda c, g: c.put(f"/bucket/{g.bucket}", json={"public": True}),
        "select update", (("select", BUCKET_HIDDEN), ("update", WRITE_DENIED)),
    ),
    Call(
        "delete a bucket",
        lambda c, g: c.delete(f"/bucket/{g.bucket}"),
        "select delete", (("select", BUCKET_HIDDEN), ("delete", DENIED)),
    ),
)  # fmt: skip
"""Calls about buckets: they need policies on the buckets table."""
