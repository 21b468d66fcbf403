"""The table of errors: statuses, names, codes and messages that clients rely on."""

from __future__ import annotations

import logging

import pytest

from engine import errors
from engine.errors import StorageError
from engine.server import errors as server_errors
from engine.server.errors import Answer, Overloaded, describe, extra_headers, log_fault


@pytest.mark.parametrize(
    ("error", "status", "name", "code", "message"),
    [
        (errors.BucketNotFound("x"), 404, "Bucket not found", "NoSuchBucket", "Bucket not found"),
        (errors.ObjectNotFound("x"), 404, "not_found", "NoSuchKey", "Object not found"),
        (errors.ObjectAlreadyExists("x"), 409, "Duplicate", "KeyAlreadyExists", "The resource already exists"),
        (
            server_errors.MoveTargetExists("x"),
            409, "Duplicate", "ResourceAlreadyExists", "The resource already exists",
        ),
        (errors.BucketAlreadyExists("x"), 409, "Duplicate", "BucketAlreadyExists", "The resource already exists"),
        (
            errors.BucketNotEmpty("x"),
            409, "ResourceNotEmpty", "ResourceNotEmpty", "The bucket you tried to delete is not empty",
        ),
        (errors.Unauthorized("Access denied"), 403, "Unauthorized", "AccessDenied", "Access denied"),
        (errors.PolicyFailed("x"), 403, "Unauthorized", "AccessDenied", "x"),
        (errors.PolicyNotFound("There is no policy"), 404, "not_found", "NoSuchPolicy", "There is no policy"),
        (errors.PolicyAlreadyExists("taken"), 409, "PolicyAlreadyExists", "PolicyAlreadyExists", "taken"),
        (errors.InvalidPolicy("no column x", line=2), 400, "Error", "InvalidPolicy", "no column x"),
        (errors.InvalidToken("Invalid Compact JWS"), 403, "Unauthorized", "AccessDenied", "Invalid Compact JWS"),
        (
            errors.PayloadTooLarge("x"),
            413, "Payload too large", "EntityTooLarge", "The object exceeded the maximum allowed size",
        ),
        (
            errors.UnsupportedMediaType("mime type a/b is not supported"),
            415, "invalid_mime_type", "InvalidMimeType", "mime type a/b is not supported",
        ),
        (errors.InvalidKey("Invalid key: ../x"), 400, "InvalidKey", "InvalidKey", "Invalid key: ../x"),
        (errors.InvalidBucketName("x"), 400, "Invalid Input", "InvalidBucketName", "Bucket name invalid"),
        (errors.InvalidRequest("body must be object"), 400, "Error", "InvalidRequest", "body must be object"),
        (errors.MalformedLink("m"), 400, "InvalidJWT", "InvalidJWT", "m"),
        (errors.ExpiredLink("m"), 400, "InvalidJWT", "InvalidJWT", "m"),
        (errors.WrongSignature("m"), 400, "InvalidSignature", "InvalidSignature", "m"),
        (
            server_errors.RelatedResourceNotFound("x"),
            404, "InvalidRequest", "InvalidRequest", "The related resource does not exist",
        ),
        (errors.DiskFull("/home/me is full"), 507, "InternalError", "InternalError", "The disk of the server is full"),
        (errors.IoError("/home/me: bad"), 500, "InternalError", "InternalError", "Internal server error"),
        (errors.BytesMissing("x"), 500, "InternalError", "InternalError", "The stored bytes of the object are missing"),
        (
            errors.ChecksumMismatch("x"),
            500,
            "InternalError",
            "InternalError",
            "The stored bytes of the object are damaged",
        ),
        (errors.EngineBug("x"), 500, "InternalError", "InternalError", "Internal server error"),
        (ZeroDivisionError("secret"), 500, "InternalError", "InternalError", "Internal server error"),
    ],
)  # fmt: skip
def test_answers(error: Exception, status: int, name: str, code: str, message: str):
    answer = describe(error)
    assert answer == Answer(status, name, code, message)
    assert answer.body() == {"statusCode": str(status), "error": name, "code": code, "message": message}


def _all_kinds(kind: type[StorageError]) -> list[type[StorageError]]:
    return [kind, *(found for child in kind.__subclasses__() for found in _all_kinds(child))]


@pytest.mark.parametrize("kind", _all_kinds(errors.RequestFault), ids=lambda kind: kind.__name__)
def test_no_fault_of_a_request_is_blamed_on_the_server(kind: type[StorageError]):
    error = kind.__new__(kind)
    StorageError.__init__(error, "x")
    assert 400 <= describe(error).status < 500


@pytest.mark.parametrize("kind", _all_kinds(errors.EnvironmentFault), ids=lambda kind: kind.__name__)
def test_faults_of_the_machine_keep_their_details_to_themselves(kind: type[StorageError]):
    answer = describe(kind("/home/me/secret", path="/home/me/secret"))
    assert answer.status >= 500
    assert "/home" not in answer.message


def test_answers_that_need_a_header_field_have_it():
    assert extra_headers(server_errors.MethodNotAllowed(("GET", "HEAD"))) == [(b"allow", b"GET, HEAD")]
    assert extra_headers(server_errors.RangeNotSatisfiable(7)) == [(b"content-range", b"bytes */7")]
    assert extra_headers(errors.DatabaseLocked("x")) == [(b"retry-after", b"1")]
    assert extra_headers(errors.ObjectNotFound("x")) == []


def test_what_passes_by_itself_leaves_no_trace_in_the_log(caplog: pytest.LogCaptureFixture):
    logger = logging.getLogger("tests.errors")
    log_fault(logger, "r-1", Overloaded("Too many are waiting"))
    log_fault(logger, "r-2", ZeroDivisionError("x"))
    assert [(record.levelname, record.exc_info is not None) for record in caplog.records] == [
        ("WARNING", False), ("ERROR", True),
    ]  # fmt: skip
