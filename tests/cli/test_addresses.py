"""What the arguments of commands mean, and which are refused as wrong usage."""

from __future__ import annotations

from argparse import ArgumentTypeError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.cli.addresses import (
    Address,
    parse_address,
    parse_mime_type,
    parse_mime_types,
    parse_object_address,
    parse_port,
    parse_seconds,
    parse_size,
)


@pytest.mark.parametrize(
    ("text", "bucket", "path", "prefix"),
    [
        ("photos", "photos", "", ""),
        ("photos/", "photos", "", ""),
        ("photos/2026", "photos", "2026", "2026/"),
        ("photos/2026/", "photos", "2026/", "2026/"),
        ("photos/2026/a b.jpg", "photos", "2026/a b.jpg", "2026/a b.jpg/"),
        ("photos/a//b", "photos", "a//b", "a//b/"),
    ],
)
def test_an_address_is_a_bucket_and_what_follows_the_first_slash(text: str, bucket: str, path: str, prefix: str):
    address = parse_address(text)
    assert (address.bucket, address.path, address.prefix) == (bucket, path, prefix)


@given(st.text(st.characters(exclude_characters="/"), min_size=1), st.text())
def test_an_address_reads_back_as_it_is_written(bucket: str, path: str):
    assert parse_address(str(Address(bucket, path))) == Address(bucket, path)


@pytest.mark.parametrize("text", ["", "/", "/photos/cat.jpg"])
def test_an_address_without_a_bucket_is_refused(text: str):
    with pytest.raises(ArgumentTypeError, match="names no bucket"):
        parse_address(text)


@pytest.mark.parametrize("text", ["photos", "photos/"])
def test_an_object_needs_a_path(text: str):
    with pytest.raises(ArgumentTypeError, match="names no object"):
        parse_object_address(text)


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        ("1", 1),
        ("512", 512),
        ("20MB", 20_000_000),
        ("20mb", 20_000_000),
        ("20 MB", 20_000_000),
        ("1.5GB", 1_500_000_000),
        ("2k", 2_000),
        ("1MiB", 1_048_576),
        ("1tb", 10**12),
    ],
)
def test_a_size_is_a_number_with_a_decimal_or_binary_unit(text: str, size_bytes: int):
    assert parse_size(text) == size_bytes


@pytest.mark.parametrize("text", ["", "0", "0MB", "-1", "MB", "20XB", "1e9", "nan", "٣", "20MB0"])
def test_what_is_no_size_is_refused(text: str):
    with pytest.raises(ArgumentTypeError, match="no size"):
        parse_size(text)


def test_mime_types_are_a_list_in_lower_case():
    assert parse_mime_types("image/*, Application/PDF") == ("image/*", "application/pdf")


@pytest.mark.parametrize("text", ["", "image", "image/", "*/*", "image/png,", "image/p ng"])
def test_what_is_no_mime_type_is_refused(text: str):
    with pytest.raises(ArgumentTypeError, match="no MIME type"):
        parse_mime_types(text)


def test_the_type_of_a_file_may_have_parameters():
    assert parse_mime_type(" text/html; charset=utf-8") == "text/html; charset=utf-8"


@pytest.mark.parametrize("text", ["image/*", "image", "image/png,image/gif"])
def test_the_type_of_a_file_is_exactly_one(text: str):
    with pytest.raises(ArgumentTypeError, match="no MIME type of a file"):
        parse_mime_type(text)


@pytest.mark.parametrize("text", ["-1", "65536", "http", "", "8O", "٣"])
def test_what_is_no_port_is_refused(text: str):
    with pytest.raises(ArgumentTypeError, match="no port"):
        parse_port(text)


def test_ports_reach_from_any_to_the_last():
    assert (parse_port("0"), parse_port("65535")) == (0, 65535)


@pytest.mark.parametrize("text", ["0", "-5", "1.5", "1h", ""])
def test_what_is_no_number_of_seconds_is_refused(text: str):
    with pytest.raises(ArgumentTypeError, match="no number of seconds"):
        parse_seconds(text)
