"""What strangers stored never breaks a header and never runs in a browser."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.server.dispositions import attachment, is_inert, safe_field, safe_mime_type


@pytest.mark.parametrize("mime_type", ["text/plain", "text/html; charset=utf-8", "application/vnd.a+b", 'x/y;a="b c"'])
def test_mime_types_are_kept(mime_type: str):
    assert safe_mime_type(mime_type) == mime_type


@pytest.mark.parametrize(
    "mime_type",
    ["", "html", "text/html\r\nSet-Cookie: a=b", "text/html; a\nb", "tëxt/plain", "a/b c", "text/html;\x00"],
)
def test_what_is_no_mime_type_is_sent_as_bytes(mime_type: str):
    assert safe_mime_type(mime_type) == "application/octet-stream"


@pytest.mark.parametrize("value", ["no-cache", "public, max-age=60"])
def test_fields_are_kept(value: str):
    assert safe_field(value, "x") == value


@pytest.mark.parametrize("value", ["", "a\r\nb: c", "müde", "\x00"])
def test_what_fits_no_header_is_replaced(value: str):
    assert safe_field(value, "no-cache") == "no-cache"


@pytest.mark.parametrize(
    "mime_type", ["image/png", "video/mp4", "text/plain; charset=utf-8", "TEXT/PLAIN", "application/pdf"]
)
def test_known_inert_types(mime_type: str):
    assert is_inert(mime_type)


@pytest.mark.parametrize(
    "mime_type",
    ["text/html", "TEXT/HTML;charset=x", "image/svg+xml", "text/xml", "application/xhtml+xml", "text/javascript",
     "multipart/x-mixed-replace", "application/octet-stream", "something/new"],
)  # fmt: skip
def test_everything_else_counts_as_active(mime_type: str):
    assert not is_inert(mime_type)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("report.pdf", 'attachment; filename="report.pdf"'),
        ("my report (1).pdf", 'attachment; filename="my report (1).pdf"'),
        ("naïve €.txt", "attachment; filename=\"na_ve _.txt\"; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.txt"),
        ('a"b\\c.txt', "attachment; filename=\"a_bc.txt\"; filename*=UTF-8''a%22bc.txt"),
        ("100%.txt", "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt"),
        ("../../etc/passwd", 'attachment; filename="....etcpasswd"'),
        ("a\r\nX-Y=b", "attachment; filename=\"aX-Y_b\"; filename*=UTF-8''aX-Y%3Db"),
        ("", 'attachment; filename="download"'),
        ("/", 'attachment; filename="download"'),
        ("\ud800", 'attachment; filename="download"'),
    ],
)
def test_attachment_names(name: str, field: str):
    assert attachment(name) == field


@given(st.text(max_size=60))
def test_any_name_makes_a_valid_field_that_keeps_its_meaning(name: str):
    field = attachment(name)
    assert field.isascii()
    assert field.isprintable()
    plain = field.split('"')
    assert len(plain) == 3
    extended = field.partition("filename*=UTF-8''")[2]
    if extended:
        assert unquote(extended, errors="strict").encode("utf-8", "ignore")
