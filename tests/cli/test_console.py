"""What commands print, and where."""

from __future__ import annotations

import io
import json

from engine.cli.console import Console
from engine.errors import BucketNotFound, ObjectNotFound
from engine.types import ItemFailure


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_an_error_is_one_line_and_its_hint_another():
    out, err = io.StringIO(), io.StringIO()
    Console(out, err).error(BucketNotFound("There is no such bucket", path="photos", hint="Make it first."))
    assert out.getvalue() == ""
    assert err.getvalue() == "holdall: There is no such bucket: photos\n         Make it first.\n"


def test_an_error_for_programs_is_one_json_line():
    err = io.StringIO()
    Console(io.StringIO(), err, as_json=True).error(BucketNotFound("No such bucket", path="a\nb"))
    assert json.loads(err.getvalue()) == {
        "error": {"code": "NoSuchBucket", "message": "No such bucket", "path": "a\nb"}
    }
    assert err.getvalue().count("\n") == 1


def test_a_name_cannot_steer_the_terminal_but_reaches_a_pipe_unchanged():
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        Console(stream, stream).line("a\u202eb")
    assert terminal.getvalue() == "a\\u202eb\n"
    assert pipe.getvalue() == "a\u202eb\n"


def test_messages_never_steer_the_terminal():
    err = io.StringIO()
    console = Console(io.StringIO(), err)
    console.failures([ItemFailure("p", "evil\x1b[2J", ObjectNotFound("gone"))])
    console.note("see \x07")
    assert err.getvalue() == "holdall: evil\\x1b[2J: gone\nholdall: see \\x07\n"


def test_with_json_items_are_told_in_the_document_and_notes_as_json():
    err = io.StringIO()
    console = Console(io.StringIO(), err, as_json=True)
    console.failures([ItemFailure("p", "s", ObjectNotFound("gone"))])
    console.note("something")
    assert err.getvalue() == '{"notice": "something"}\n'


def test_an_array_is_one_document_however_many_rows_it_has():
    for rows in ([], [{"a": 1}], [{"a": 1}, {"b": "ü"}]):
        out = io.StringIO()
        Console(out, io.StringIO()).array(rows)
        assert json.loads(out.getvalue()) == rows


def test_what_nobody_foresaw_shows_its_trace_only_when_asked_for():
    plain, debug = io.StringIO(), io.StringIO()
    for stream, wanted in ((plain, False), (debug, True)):
        try:
            raise ZeroDivisionError("by nought")
        except ZeroDivisionError as error:
            Console(io.StringIO(), stream, debug=wanted).crash(error)
    assert plain.getvalue().startswith("holdall: unexpected ZeroDivisionError: by nought\n")
    assert "Traceback" not in plain.getvalue()
    assert "Traceback" in debug.getvalue()
