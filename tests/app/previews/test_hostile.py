"""Files made to hang, crash or fool whoever looks at them: each shows something sane, at a bounded cost."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import struct
import sys
import tarfile
import threading
import zipfile

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QImage, QTextDocument
from pytestqt.qtbot import QtBot

from app.look import Look as Theme
from app.previews import pictures
from app.previews.content import Ranged, TooMuch
from app.previews.decoder.client import CantShow, Decoder
from app.previews.decoder.wire import BrokenWire, receive
from app.previews.registry import look_inside
from app.previews.shapes import HexBody, Picture, RichBody, TableBody, TextBody
from app.previews.texts import more_of
from app.views.preview.pages import RichPage
from engine.cancel import CancelToken
from engine.errors import Cancelled
from tests.app.previews.conftest import Bytes, Look
from tests.app.previews.files import bomb, box, gif, image, mp4, png, wav

GARBAGE = bytes(range(256)) * 8


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(image(50, 50)[:60], id="cut png"),
        pytest.param(png(60_000, 60_000, b"x"), id="huge png"),
        pytest.param(bomb(), id="png bomb"),
        pytest.param(b"\xff\xd8\xff\xe0" + GARBAGE, id="jpeg of garbage"),
        pytest.param(b"GIF89a\xff\xff\xff\xff\x80\0\0" + GARBAGE, id="huge gif"),
        pytest.param(b"II*\0\x08\0\0\0\xff\xff" + GARBAGE, id="tiff of many directories"),
        pytest.param(b"RIFF\xff\xff\xff\xffWEBPVP8X\x0a\0\0\0\x02\0\0\0" + b"\xff" * 6 + GARBAGE, id="huge webp"),
        pytest.param(b"BM" + b"\xff" * 4 + bytes(4) + GARBAGE, id="bmp of garbage"),
        pytest.param(b"PK\x03\x04" + GARBAGE, id="zip of garbage"),
        pytest.param(b"\x1f\x8b\x08\0" + GARBAGE, id="gzip of garbage"),
        pytest.param(b"BZh9" + GARBAGE, id="bzip2 of garbage"),
        pytest.param(b"\xfd7zXZ\0" + GARBAGE, id="xz of garbage"),
        pytest.param(GARBAGE, id="garbage"),
    ],
)
def test_what_cannot_be_decoded_shows_its_bytes(look: Look, data: bytes) -> None:
    inside = look(data)
    assert isinstance(inside.body, HexBody)
    assert inside.body.head == data[: 64 * 1024]


@pytest.mark.parametrize("data", [bomb(), png(19_900, 19_900, b""), png(19_900, 21_000, b"")])
def test_what_is_too_large_is_not_called_damaged(look: Look, data: bytes) -> None:
    assert look(data).note == "It is too large to be shown."


def test_a_tar_of_which_nothing_can_be_read_shows_its_bytes(look: Look) -> None:
    head = tarfile.TarInfo("././@LongLink")
    head.type, head.size = tarfile.GNUTYPE_LONGNAME, 8**11 - 1
    inside = look(head.tobuf(tarfile.GNU_FORMAT) + bytes(5_000), "a.tar")
    assert isinstance(inside.body, HexBody)
    assert "damaged" in inside.note


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"%PDF-1.4\n" + GARBAGE, id="pdf"),
        pytest.param(mp4()[:-40], id="cut mp4"),
        pytest.param(box(b"ftyp", b"isom") + box(b"moov", b"", 1) + b"\xff" * 8 + GARBAGE, id="mp4 of 16 exabytes"),
        pytest.param(box(b"ftyp", b"isom") + box(b"moov", b"\0\0\0\1moov" * 50, 0), id="mp4 of boxes without end"),
        pytest.param(box(b"ftyp", b"isom") + b"".join(box(b"free", b"") for _ in range(20_000)), id="mp4 of crumbs"),
        pytest.param(b"\x1a\x45\xdf\xa3" + b"\xff" * 2000, id="matroska of unknown lengths"),
        pytest.param(b"\x1a\x45\xdf\xa3\x80" + b"\xae\x80" * 30_000, id="matroska of crumbs"),
        pytest.param(wav()[:30], id="cut wav"),
        pytest.param(b"fLaC\x84\xff\xff\xff" + b"\xff" * 5000, id="flac of long comments"),
        pytest.param(b"OggS\0\2" + bytes(22) + b"\x01\x1e\x01vorbis" + GARBAGE, id="ogg"),
        pytest.param(b"ID3\4\0\0\x7f\x7f\x7f\x7f" + b"APIC\x7f\x7f\x7f\x7f\0\0" + GARBAGE, id="mp3"),
    ],
)
def test_what_says_nonsense_about_itself_says_little(look: Look, data: bytes) -> None:
    inside = look(data)
    assert not isinstance(inside.body, Picture)
    assert all(len(name) < 40 and len(value) < 250 for name, value in inside.facts)


def test_a_look_at_a_bomb_unpacks_little(decoder: Decoder) -> None:
    many = gzip.compress(bytes(50_000_000))
    inside = look_inside(Bytes(many, "a.gz"), decoder, 100)
    assert isinstance(inside.body, TableBody)
    assert isinstance(look_inside(Bytes(bz2.compress(bytes(20_000_000)), "a.bz2"), decoder, 100).body, TableBody)


def test_a_zip_that_claims_to_hold_more_than_there_is(decoder: Decoder) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for number in range(3000):
            archive.writestr(f"{number}\n\u202e.txt", b"")
    data = bytearray(held.getvalue())
    data[-12:-10] = b"\xff\xff"
    content = Bytes(bytes(data), "a.zip")
    inside = look_inside(content, decoder, 100)
    assert isinstance(inside.body, TableBody)
    assert len(inside.body.rows) == 2000
    assert inside.body.rows[0][0] == "0\ufffd\ufffd.txt"
    assert "first 2,000" in inside.note


def test_a_line_of_100_megabytes_is_read_no_further_than_a_page_and_cut(decoder: Decoder) -> None:
    content = Bytes(b"x" * 4_000_000, "a.txt", size_bytes=100_000_000)
    inside = look_inside(content, decoder, 100)
    assert isinstance(inside.body, TextBody)
    assert content.read_bytes < 3_000_000
    assert max(map(len, inside.body.part.text.split("\n"))) <= 600
    assert inside.body.part.next_offset == 1024 * 1024


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r", "\u2029", "\r\n"])
def test_a_text_of_nothing_but_lines_comes_in_parts_of_so_many(decoder: Decoder, codec: str, end: str) -> None:
    content = Bytes((end * 180_000).encode(codec), "a.txt")
    inside = look_inside(content, decoder, 100)
    assert isinstance(inside.body, TextBody)
    part, lines = inside.body.part, inside.body.part.text.count("\n")
    while part.next_offset is not None:
        assert part.text.count("\n") <= 50_000
        part = more_of(content, part.next_offset, inside.body.codec)
        lines += part.text.count("\n")
    assert lines == 180_000


@pytest.mark.parametrize("name", ["a.txt", "a.py", "a.md", "a.csv", "a.json"])
def test_code_that_hides_in_turned_text_is_seen_as_it_is_written(look: Look, name: str) -> None:
    inside = look('["a, \u202e b\u2066 // c\u2069", "شكرا"]\n'.encode(), name)
    shown = f"{inside.body}"
    assert not any(mark in shown for mark in ("\\u202e", "\\u2066", "\\u2069", "\u202e", "\u2066", "\u2069"))
    assert "<U+202E>" in shown
    assert "<U+2066>" in shown
    assert "شكرا" in shown
    assert "turn the text around" in inside.note


def test_a_line_of_tabs_is_cut_sooner(look: Look) -> None:
    inside = look(b"\t" * 5_000 + b"\n" + b"\tx" * 90, "a.txt")
    assert isinstance(inside.body, TextBody)
    *tabs, last = inside.body.part.text.split("\n")
    assert max(map(len, tabs)) <= 150
    assert last == "\tx" * 90


@pytest.mark.parametrize("line", ["漢字" * 300, "漢 ไทย a " * 70, "😀" * 300])
def test_a_line_of_letters_of_other_fonts_is_cut_sooner(look: Look, line: str) -> None:
    inside = look(f"{line}\n{'é' * 500}\n".encode(), "a.txt")
    assert isinstance(inside.body, TextBody)
    *cut, latin, last = inside.body.part.text.split("\n")
    assert max(map(len, cut)) <= 150
    assert ("".join(cut), latin, last) == (line, "é" * 500, "")
    assert len(inside.body.part.folded) == len(cut) - 1


def test_five_gigabytes_of_bytes_are_not_read(decoder: Decoder) -> None:
    content = Bytes(GARBAGE, "a.iso", size_bytes=5 * 1024**3)
    assert isinstance(look_inside(content, decoder, 100).body, HexBody)
    assert content.read_bytes < 300_000


@pytest.mark.parametrize("data", [b"[" * 200_000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000], ids=["open", "closed"])
def test_deep_json_is_shown_as_it_is(look: Look, data: bytes) -> None:
    inside = look(data, "a.json")
    assert isinstance(inside.body, TextBody)
    assert inside.note


def test_long_json_is_set_out_where_it_holds_nobody_up_and_says_where_that_ends(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    usual = Decoder.ask

    def ask(self: Decoder, job: str, *args: object, **said: object) -> object:
        asked.append(job)
        return usual(self, job, *args, **said)

    monkeypatch.setattr(Decoder, "ask", ask)
    inside = look_inside(Bytes(b"[" + b"[]," * 300_000 + b"1]", "a.json"), decoder, 100)
    assert isinstance(inside.body, TextBody)
    assert inside.body.part.text.startswith("[\n  [],\n  [],")
    assert inside.body.part.text.count("\n") <= 50_000
    assert "beginning" in inside.note
    assert isinstance(inside.source, TextBody)
    assert "set_out" in asked


def test_a_number_of_many_digits_is_no_trap(look: Look) -> None:
    inside = look(json.dumps({"n": 0}).replace("0", "9" * 200_000).encode(), "a.json")
    assert isinstance(inside.body, TextBody)


def test_invalid_utf8_and_zeros(look: Look) -> None:
    assert isinstance(look(b"text with \xff\xfe odd \x80 bytes in it, but few of them").body, TextBody)
    assert isinstance(look(b"text\0with zeros\0").body, HexBody)


@pytest.mark.parametrize("data", [b"- " * 20_000 + b"x", b"> " * 40_000, b"[" * 50_000, b"*a_ " * 30_000])
def test_markdown_that_would_hold_the_window_up_is_shown_as_text_or_was_quick(look: Look, data: bytes) -> None:
    assert isinstance(look(data, "a.md").body, RichBody | TextBody)


def test_markdown_that_takes_too_long_is_text(look: Look) -> None:
    inside = look(b"- " * 20_000 + b"x", "a.md")
    assert isinstance(inside.body, TextBody)


def test_a_drawing_of_a_thousand_million_laughs_is_text(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "DRAWING_MAX_S", 0.5)
    levels = "".join(f'<g id="l{n}">' + f'<use href="#l{n - 1}"/>' * 10 + "</g>" for n in range(1, 12))
    drawing = f'<defs><g id="l0"><rect width="1" height="1"/></g>{levels}</defs><use href="#l11"/>'
    inside = look(f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">{drawing}</svg>'.encode())
    assert isinstance(inside.body, TextBody)


class TestDocument:
    def test_no_reference_is_followed(self, qtbot: QtBot, theme: Theme, tmp_path) -> None:
        (tmp_path / "secret.png").write_bytes(image(9, 9))
        page = RichPage(theme)
        qtbot.addWidget(page)
        page.show_body(
            RichBody(f"![a]({tmp_path}/secret.png) ![b](file://{tmp_path}/secret.png) [c](http://127.0.0.1:9/)")
        )
        page.show()
        for name in (f"{tmp_path}/secret.png", f"file://{tmp_path}/secret.png"):
            found = page.document().resource(QTextDocument.ResourceType.ImageResource.value, QUrl(name))
            assert isinstance(found, QImage)
            assert (found.width(), found.pixelColor(0, 0).alpha()) == (1, 0)
        assert not page.openLinks()


class TestDecoder:
    @pytest.fixture
    def sleeper(self):
        made = Decoder((sys.executable, "-c", "import time; time.sleep(60)"), timeout_s=0.2)
        yield made
        made.close()

    def test_one_that_hangs_is_ended(self, sleeper: Decoder) -> None:
        with pytest.raises(CantShow) as caught:
            sleeper.ask("picture", CancelToken())
        assert caught.value.too_long

    def test_one_that_nobody_waits_for_is_ended(self) -> None:
        slow = Decoder((sys.executable, "-c", "import time; time.sleep(60)"), timeout_s=50)
        token = CancelToken()
        threading.Timer(0.05, token.cancel).start()
        with pytest.raises(Cancelled):
            slow.ask("picture", token)
        slow.close()

    def test_one_that_dies_costs_an_answer_and_the_next_is_given(self) -> None:
        decoder = Decoder()
        decoder.warm_up()
        assert decoder._process is not None
        decoder._process.kill()
        decoder._process.wait()
        answer = decoder.ask("difference", CancelToken(), (b"a", b"b"))
        assert answer.head["rows"] == 1
        decoder.close()

    def test_after_the_end_nothing_is_asked(self) -> None:
        decoder = Decoder()
        decoder.close()
        with pytest.raises(CantShow):
            decoder.ask("picture", CancelToken(), (gif((0, 0, 0)),), edge_px=1, moving=True)

    def test_what_it_says_is_not_believed(self) -> None:
        for wire in (b"", struct.pack(">Q", 2**60), struct.pack(">Q", 2) + b"[]", struct.pack(">Q", 4) + b"nope"):
            with pytest.raises(BrokenWire):
                receive(io.BytesIO(wire))
        head = json.dumps({"blobs": [2**50]}).encode()
        with pytest.raises(BrokenWire):
            receive(io.BytesIO(struct.pack(">Q", len(head)) + head))


def test_parsers_get_no_more_than_their_share() -> None:
    file = Ranged(Bytes(bytes(100), "x", size_bytes=10**12), reads_max=3, bytes_max=50)
    assert len(file.read(40)) == 40
    with pytest.raises(TooMuch):
        file.read(40)
