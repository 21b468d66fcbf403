"""Multipart uploads: the same whatever the pieces they come in, and bounded whatever they claim."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidRequest
from engine.server import bounds
from engine.server.errors import BodyTooLarge
from engine.server.multipart import FilePart, UploadForm, boundary_of

BOUNDARY = b"----limit"


def _part(name: str, content: bytes, *, filename: str | None = None, mime_type: str | None = None) -> bytes:
    disposition = f'form-data; name="{name}"' + (f'; filename="{filename}"' if filename is not None else "")
    head = f"Content-Disposition: {disposition}\r\n" + (f"Content-Type: {mime_type}\r\n" if mime_type else "")
    return b"--" + BOUNDARY + b"\r\n" + head.encode() + b"\r\n" + content + b"\r\n"


def _body(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--" + BOUNDARY + b"--\r\n"


def _read(body: bytes, step: int = 65536) -> tuple[FilePart, bytes]:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), step):
            yield body[start : start + step]

    async def read() -> tuple[FilePart, bytes]:
        form = UploadForm(BOUNDARY, pieces())
        head = await form.head()
        return head, b"".join([piece async for piece in form.pieces()])

    return asyncio.run(read())


@pytest.mark.parametrize("step", [1, 2, 7, 100_000])
def test_fields_and_file_as_storage_js_sends_them(step: int):
    body = _body(
        _part("cacheControl", b"3600"),
        _part("metadata", '{"a":"ü"}'.encode()),
        _part("", b"\r\n--binary\r\n\x00", filename="blob", mime_type="image/png"),
    )
    head, content = _read(body, step)
    assert head == FilePart("image/png", {"cacheControl": "3600", "metadata": '{"a":"ü"}'})
    assert content == b"\r\n--binary\r\n\x00"


def test_the_file_as_storage3_sends_it():
    head, content = _read(_body(_part("cacheControl", b"60"), _part("file", b"x" * 10, filename="фото.png")))
    assert head == FilePart(None, {"cacheControl": "60"})
    assert content == b"x" * 10


def test_a_file_may_be_empty_and_nameless():
    assert _read(_body(_part("", b""))) == (FilePart(None, {}), b"")


@given(content=st.binary(max_size=400), step=st.integers(1, 90))
def test_any_content_comes_out_as_it_went_in(content: bytes, step: int):
    assert _read(_body(_part("file", content, filename="a")), step)[1] == content


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        _body(_part("cacheControl", b"60")),
        _body(_part("file", b"a", filename="a"), _part("file", b"b", filename="b")),
        _part("file", b"cut off", filename="a"),
        _body(_part("file", b"a", filename="a"))[:-10],
        _body(*(_part(f"f{number}", b"") for number in range(bounds.FORM_FIELDS_MAX)), _part("file", b"")),
        b"--" + BOUNDARY + b"\r\nBroken Header\r\n\r\nx\r\n--" + BOUNDARY + b"--\r\n",
    ],
)
def test_what_is_no_upload_is_refused(body: bytes):
    with pytest.raises(InvalidRequest):
        _read(body)


def test_a_field_cannot_grow_without_end():
    with pytest.raises(BodyTooLarge):
        _read(_body(_part("metadata", b"x" * (bounds.FORM_FIELD_MAX_BYTES + 1)), _part("file", b"")))


def test_a_header_cannot_grow_without_end():
    with pytest.raises(InvalidRequest):
        _read(b"--" + BOUNDARY + b"\r\nX-Long: " + b"a" * 1_000_000)


def test_boundaries():
    assert boundary_of("multipart/form-data; boundary=abc") == b"abc"
    assert boundary_of('Multipart/Form-Data; charset=x; boundary="a b"') == b"a b"
    assert boundary_of("text/plain") is None
    assert boundary_of(None) is None
    for wrong in ("multipart/form-data", "multipart/form-data; boundary="):
        with pytest.raises(InvalidRequest):
            boundary_of(wrong)
    with pytest.raises(InvalidRequest):
        UploadForm(b"x" * 5000, _nothing())


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""
