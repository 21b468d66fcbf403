"""Links that open one object for reading until a moment in time, and for nothing else; and tokens to upload one object.

Two forms of links, each with its own key derived from one of the workspace's (HKDF-SHA256), so that neither can be used
to forge the other:

* the specification's: `/storage/v1/object/<bucket>/<path>?token=<key id>.<HMAC>&expires=<unix time>`. The HMAC-SHA256
  covers method, bucket, path and expiry, each preceded by its length, so that no two requests share a message. The
  key id is a digest of the key: while keys are replaced there are several;
* Supabase's: a JWT `{url: "<bucket>/<path>", scope: "download", iat, exp}`, with `transformations` where only a picture
  in another size is to be seen: such a token does not open the object itself.

Tokens to upload are JWTs of the second key, `{owner, url, upsert, scope: "upload", iat, exp}`. Neither scope does for
the other.

Checks run in one order: form, then signature in constant time, then expiry. An expired link that was also changed
is a wrong one. Thread-safe.

Source: specification, "Signed URL Flow"; RFC 2104, RFC 5869, RFC 3986, RFC 7519.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import re
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote

from engine import limits
from engine.errors import ExpiredLink, InvalidRequest, MalformedLink, WrongSignature
from engine.paths import validate_bucket_name, validate_object_path
from engine.tokens import TokenCodec
from engine.types import SignedUrl

_KEY_BYTES: Final = 32
_KEY_ID_BYTES: Final = 6
_FORM: Final = b"holdall-link-v1"
_DOWNLOAD: Final = "download"
_UPLOAD: Final = "upload"
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{8}\.[A-Za-z0-9_-]{43}")
_EXPIRES: Final = re.compile(r"[1-9][0-9]{0,14}")


@dataclass(frozen=True, slots=True)
class UploadGrant:
    """What a token to upload allows.

    Attributes:
        owner_id: Whose the object becomes, or None.
        upsert: Whether it may replace one that exists.
    """

    owner_id: str | None
    upsert: bool


class LinkKey:
    """A key that links are signed with. Never changes.

    Args:
        key: At least 32 secret random bytes.
        retires_unix_s: From when on links that it signed no longer count.

    Raises:
        ValueError: The key is shorter.
    """

    def __init__(self, key: bytes, retires_unix_s: float = math.inf) -> None:
        if len(key) < _KEY_BYTES:
            raise ValueError("a signing key has at least 32 bytes")
        self.retires_unix_s: Final = retires_unix_s
        self.key_id: Final = _text(_derived(key, b"holdall signed links, key id")[:_KEY_ID_BYTES])
        self._jwt_key: Final = _derived(key, b"holdall links as JWT")
        self._mac = hmac.new(_derived(key, b"holdall signed links"), digestmod=hashlib.sha256)

    @cached_property
    def jwt(self) -> TokenCodec:
        """What signs and reads links that are JWTs, made when the first of them comes."""
        return TokenCodec(self._jwt_key)

    def token(self, bucket: str, path: str, method: str, expires: str) -> str:
        """Return the token of a link in the specification's form.

        Args:
            bucket: Name of the bucket.
            path: The object.
            method: What the link may be used for; GET covers HEAD.
            expires: Unix time, as it stands in the link.
        """
        mac = self._mac.copy()
        mac.update(_message("GET" if method == "HEAD" else method, bucket, path, expires))
        return f"{self.key_id}.{_text(mac.digest())}"


class UrlSigner:
    """Makes and checks links with the keys of one workspace.

    Args:
        keys: Returns the keys, the one to sign with first; asked at every use.
        clock: Seconds since the epoch.
    """

    def __init__(self, keys: Callable[[], Sequence[LinkKey]], clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._clock = clock

    def sign(self, bucket: str, path: str, expires_in_s: int, method: str = "GET") -> SignedUrl:
        """Make a link in the specification's form.

        Args:
            bucket: Name of the bucket.
            path: The object.
            expires_in_s: Life in seconds, 1 to `limits.LINK_EXPIRES_MAX_S`.
            method: What the link may be used for; GET covers HEAD.

        Returns:
            The link without a server's address.

        Raises:
            InvalidRequest: The life is out of range.
            InvalidBucketName: There can be no bucket of that name.
            InvalidKey: There can be no object of that path.
        """
        validate_bucket_name(bucket)
        validate_object_path(path)
        expires_unix_s = self._now_s() + _checked_life(expires_in_s)
        token = self._keys()[0].token(bucket, path, method, str(expires_unix_s))
        where = f"/storage/v1/object/{quote(bucket, safe='')}/{quote(path, safe='/')}"
        return SignedUrl(
            path_and_query=f"{where}?token={token}&expires={expires_unix_s}",
            expires_at=datetime.fromtimestamp(expires_unix_s, UTC),
        )

    def verify(self, bucket: str, path: str, *, method: str, token: str, expires: str) -> None:
        """Check a link of the specification's form against the request that came with it.

        Args:
            bucket: Name of the bucket asked for, percent-decoded.
            path: The object asked for, percent-decoded.
            method: The request's method, upper case.
            token: The query's `token`, as sent.
            expires: The query's `expires`, as sent.

        Raises:
            MalformedLink: `token` or `expires` cannot come from a signer.
            WrongSignature: Made for another request, with another key, or changed.
            ExpiredLink: Its time is over.
        """
        if not _TOKEN.fullmatch(token) or not _EXPIRES.fullmatch(expires):
            raise MalformedLink("The link is incomplete or damaged")
        key = next((key for key in self._living_keys() if token.startswith(f"{key.key_id}.")), None)
        if key is None:
            raise WrongSignature("The link was not made here, or with a key that was replaced")
        if not hmac.compare_digest(token, key.token(bucket, path, method, expires)):
            raise WrongSignature("The link was not made for this")
        self._refuse_after(int(expires))

    def sign_jwt(self, bucket: str, path: str, expires_in_s: int, transformations: str = "") -> str:
        """Make the token of a link in Supabase's form.

        Args:
            bucket: Name of the bucket.
            path: The object.
            expires_in_s: Life in seconds, 1 to `limits.LINK_EXPIRES_MAX_S`.
            transformations: How a picture is to be seen, and not otherwise; nothing for the object itself.

        Returns:
            The token, to be sent as `?token=` to `/object/sign/<bucket>/<path>`, or below `/render/image/sign`.

        Raises:
            InvalidRequest: The life is out of range.
            InvalidBucketName: There can be no bucket of that name.
            InvalidKey: There can be no object of that path.
        """
        bound = {"transformations": transformations} if transformations else {}
        return self._signed(bucket, path, expires_in_s, {"scope": _DOWNLOAD, **bound})

    def verify_jwt(self, bucket: str, path: str, token: str) -> None:
        """Check the token of a link in Supabase's form.

        Args:
            bucket: Name of the bucket asked for, percent-decoded.
            path: The object asked for, percent-decoded.
            token: The query's `token`, as sent.

        Raises:
            MalformedLink: `token` is no such token.
            WrongSignature: Made for another object or purpose, with another key, or changed.
            ExpiredLink: Its time is over.
        """
        if self._verified(bucket, path, token, _DOWNLOAD).get("transformations"):
            raise WrongSignature("The link was not made for this")

    def verify_render(self, bucket: str, path: str, token: str) -> str:
        """Check the token of a link to a picture.

        Args:
            bucket: Name of the bucket asked for, percent-decoded.
            path: The object asked for, percent-decoded.
            token: The query's `token`, as sent.

        Returns:
            How it is to be seen, as `sign_jwt` was told.

        Raises:
            InvalidLink: As `verify_jwt`.
        """
        return str(self._verified(bucket, path, token, _DOWNLOAD).get("transformations", ""))

    def sign_upload(self, bucket: str, path: str, grant: UploadGrant, expires_in_s: int) -> str:
        """Make a token that lets its holder upload one object, in Supabase's form.

        Args:
            bucket: Name of the bucket.
            path: The object.
            grant: What it allows.
            expires_in_s: Life in seconds, 1 to `limits.LINK_EXPIRES_MAX_S`.

        Returns:
            The token, to be sent as `?token=` to `/object/upload/sign/<bucket>/<path>`.

        Raises:
            InvalidRequest: The life is out of range.
            InvalidBucketName: There can be no bucket of that name.
            InvalidKey: There can be no object of that path.
        """
        said = {"owner": grant.owner_id, "upsert": grant.upsert, "scope": _UPLOAD}
        return self._signed(bucket, path, expires_in_s, said)

    def verify_upload(self, bucket: str, path: str, token: str) -> UploadGrant:
        """Check a token to upload against the request that came with it.

        Args:
            bucket: Name of the bucket asked for, percent-decoded.
            path: The object asked for, percent-decoded.
            token: The query's `token`, as sent.

        Raises:
            MalformedLink: `token` is no such token.
            WrongSignature: Made for another object or purpose, with another key, or changed.
            ExpiredLink: Its time is over.
        """
        claims = self._verified(bucket, path, token, _UPLOAD)
        return UploadGrant(claims["owner"], claims["upsert"])

    def granted_upload(self, token: str) -> tuple[str, str, UploadGrant]:
        """Check a token to upload and say what it is for, where the request does not.

        Args:
            token: As sent.

        Returns:
            Name of the bucket, the object, and what is allowed.

        Raises:
            MalformedLink: `token` is no such token.
            WrongSignature: Made for another purpose, with another key, or changed.
            ExpiredLink: Its time is over.
        """
        bucket, _, path = str(self._signed_claims(token).get("url", "")).partition("/")
        return bucket, path, self.verify_upload(bucket, path, token)

    def _signed(self, bucket: str, path: str, expires_in_s: int, said: dict[str, Any]) -> str:
        """Return a token about one object."""
        url = f"{validate_bucket_name(bucket)}/{validate_object_path(path)}"
        now_s = self._now_s()
        claims = {"url": url, **said, "iat": now_s, "exp": now_s + _checked_life(expires_in_s)}
        return self._keys()[0].jwt.encode(claims)

    def _verified(self, bucket: str, path: str, token: str, scope: str) -> dict[str, Any]:
        """Return the claims of a token about this object and for this purpose."""
        claims = self._signed_claims(token)
        if claims.get("scope") != scope or claims.get("url") != f"{bucket}/{path}":
            raise WrongSignature("The link was not made for this")
        self._refuse_after(int(claims["exp"]))
        return claims

    def _signed_claims(self, token: str) -> dict[str, Any]:
        """Return the claims of a link's JWT, with whichever key it was signed."""
        from jwt import InvalidSignatureError, InvalidTokenError  # see engine.tokens

        for key in self._living_keys():
            try:
                return key.jwt.decode(token)
            except InvalidSignatureError:
                continue
            except InvalidTokenError as error:
                raise MalformedLink("The link is incomplete or damaged") from error
        raise WrongSignature("The link was not made here, or with a key that was replaced")

    def _living_keys(self) -> list[LinkKey]:
        now_s = self._clock()
        return [key for key in self._keys() if now_s < key.retires_unix_s]

    def _refuse_after(self, expires_unix_s: int) -> None:
        if self._clock() >= expires_unix_s:
            raise ExpiredLink("The link has expired")

    def _now_s(self) -> int:
        return int(self._clock())


def _derived(key: bytes, purpose: bytes) -> bytes:
    """Return a key for one purpose: HKDF with SHA-256, of which one block is the whole length. Source: RFC 5869."""
    extracted = hmac.digest(bytes(_KEY_BYTES), key, hashlib.sha256)
    return hmac.digest(extracted, purpose + b"\x01", hashlib.sha256)


def _message(*fields: str) -> bytes:
    encoded = (_FORM, *(field.encode("utf-8", "surrogatepass") for field in fields))
    return b"".join(len(part).to_bytes(8, "big") + part for part in encoded)


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _checked_life(expires_in_s: int) -> int:
    if isinstance(expires_in_s, bool) or not isinstance(expires_in_s, int):
        raise InvalidRequest("The life of a link is a whole number of seconds")
    if not 0 < expires_in_s <= limits.LINK_EXPIRES_MAX_S:
        raise InvalidRequest(f"The life of a link is 1 to {limits.LINK_EXPIRES_MAX_S} seconds")
    return expires_in_s
