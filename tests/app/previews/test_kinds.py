"""What is shown of each kind of content; the bytes decide which kind it is."""

from __future__ import annotations

import gzip
import io
import json
import random
import struct
import tarfile
import zipfile
import zlib

import pytest

from app.previews.decoder.client import Decoder
from app.previews.decoder.jsons import set_out
from app.previews.encodings import encoding_of
from app.previews.pictures import moving_picture
from app.previews.shapes import EmptyBody, HexBody, Inside, Picture, RichBody, TableBody, TextBody
from app.previews.sniffing import Kind, kind_of
from app.previews.texts import more_of, plain
from tests.app.previews.conftest import Bytes, Look
from tests.app.previews.files import gif, image, moving_png, mp4, pdf, turned, wav


def text(inside: Inside) -> str:
    assert isinstance(inside.body, TextBody)
    return inside.body.part.text


class TestPictures:
    def test_it_is_scaled_while_its_true_size_is_told(self, look: Look) -> None:
        inside = look(image(600, 300))
        assert isinstance(inside.body, Picture)
        assert (inside.body.frames[0].image.width(), inside.body.frames[0].image.height()) == (200, 100)
        assert inside.body.frames[0].image.pixelColor(5, 5).name() == "#ff0000"
        assert ("Dimensions", "600 × 300") in inside.facts

    def test_it_is_turned_as_the_camera_was(self, look: Look) -> None:
        inside = look(turned(image(60, 20, kind="jpg"), 6))
        assert isinstance(inside.body, Picture)
        assert (inside.body.size.width(), inside.body.size.height()) == (20, 60)
        assert inside.body.frames[0].image.height() == 60

    def test_one_that_moves_is_seen_before_its_frames_are_there(self, look: Look, decoder: Decoder) -> None:
        data = gif((255, 0, 0), (0, 255, 0), (0, 0, 255))
        inside = look(data)
        assert isinstance(inside.body, Picture)
        assert (len(inside.body.frames), inside.body.moves) == (1, True)
        assert ("Frames", "3") in inside.facts
        moving = moving_picture(Bytes(data, "a.gif"), decoder, 200)
        assert [frame.image.pixelColor(0, 0).name() for frame in moving.frames] == [
            "#ff0000",
            "#00ff00",
            "#0000ff",
        ]
        assert {frame.shown_ms for frame in moving.frames} == {50}

    def test_all_frames_are_counted_and_not_those_that_are_shown(self, look: Look) -> None:
        assert ("Frames", "10,000") in look(gif(*[(number % 256, 0, 0) for number in range(10_000)])).facts
        claims = moving_png(*[("red", (0, 0, 4, 2), 0, 0)] * 3)
        three, many = (b"acTL" + struct.pack(">II", count, 0) for count in (3, 2**31 - 1))
        claims = claims.replace(
            three + struct.pack(">I", zlib.crc32(three)), many + struct.pack(">I", zlib.crc32(many))
        )
        assert many in claims
        assert ("Frames", "3") in look(claims).facts

    @pytest.mark.parametrize(("width", "height"), [(60_000, 1), (1, 60_000)])
    def test_one_that_is_long_and_thin_is_seen(self, look: Look, width: int, height: int) -> None:
        inside = look(image(width, height))
        assert isinstance(inside.body, Picture)
        assert (inside.body.size.width(), inside.body.size.height()) == (width, height)
        shown = inside.body.frames[0].image
        assert (shown.width(), shown.height()) == (min(width, 200), min(height, 200))

    def test_the_name_does_not_matter(self, look: Look) -> None:
        assert isinstance(look(image(2, 2), "letter.txt").body, Picture)
        assert isinstance(look(b"no picture", "photo.png").body, TextBody)


class TestTexts:
    @pytest.mark.parametrize(
        ("data", "shown", "encoding"),
        [
            (b"plain", "plain", "ASCII"),
            ("Größe".encode(), "Größe", "UTF-8"),
            ("Größe".encode("utf-8-sig"), "Größe", "UTF-8 with a mark"),
            ("Größe 漢".encode("utf-16"), "Größe 漢", "UTF-16 LE with a mark"),
            ("Some words".encode("utf-16-be"), "Some words", "UTF-16 BE, guessed"),
            ("Größe und Straße".encode("cp1252"), "Größe und Straße", "Windows-1252, guessed"),
            (b"a\r\nb\rc", "a\nb\nc", "ASCII"),
        ],
    )
    def test_the_encoding_is_told(self, look: Look, data: bytes, shown: str, encoding: str) -> None:
        inside = look(data)
        assert text(inside) == shown
        assert dict(inside.facts)["Encoding"] == encoding

    @pytest.mark.parametrize(
        ("shown", "codec", "encoding"),
        [
            ("日本語のテキストです。これは長い文です。\n", "cp932", "Shift JIS"),
            ("日本語のテキスト\n", "cp932", "Shift JIS"),
            ("日本語のテキストです。これは長い文です。\n", "euc_jp", "EUC-JP"),
            ("안녕하세요 세계, 이것은 글입니다.\n", "cp949", "EUC-KR"),
            ("这是一个中文文本,用来测试编码的识别。\n", "gb18030", "GB 18030"),
            ("這是一個中文文本,用來測試編碼的識別。\n", "cp950", "Big5"),
            ("Привет, мир! Это обычный русский текст.\n", "cp1251", "Windows-1251"),
            ("Привет, мир! Это обычный русский текст.\n", "koi8_r", "KOI8-R"),
            ("日本語のテキスト、改行。\n", "utf-16-le", "UTF-16 LE"),
            ("Привет, мир! Это текст.\n", "utf-16-be", "UTF-16 BE"),
            ("Всі люди народжуються вільними і рівними у своїй гідності та ґречності.\n", "cp1251", "Windows-1251"),  # noqa: RUF001
            ("Всі люди народжуються вільними і рівними у своїй гідності та правах.\n", "koi8_u", "KOI8-U"),  # noqa: RUF001
            ("Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια.\n", "cp1253", "Windows-1253"),  # noqa: RUF001
            ("Ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα.\n", "iso8859_7", "Windows-1253"),
            ("כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם.\n", "cp1255", "Windows-1255"),
            ("يولد جميع الناس أحرارا متساوين في الكرامة والحقوق.\n", "cp1256", "Windows-1256"),
            ("Größe und Übermaß, äußerst schön\n", "cp1252", "Windows-1252"),
            ("Où est l'été ? À Nîmes, naïf garçon\n", "cp1252", "Windows-1252"),
        ],
    )
    @pytest.mark.parametrize("times", [1, 1_000])
    def test_what_is_no_utf8_is_read_as_what_makes_sense(
        self, look: Look, shown: str, codec: str, encoding: str, times: int
    ) -> None:
        inside = look((shown * times).encode(codec), "a.txt")
        assert text(inside) == shown * times
        assert dict(inside.facts)["Encoding"] == f"{encoding}, guessed"

    @pytest.mark.parametrize(
        ("shown", "codec"),
        [
            ("ВСЕ ЛЮДИ РОЖДАЮТСЯ СВОБОДНЫМИ И РАВНЫМИ В СВОЕМ ДОСТОИНСТВЕ И ПРАВАХ.", "cp1251"),  # noqa: RUF001
            ("ВСЕ ЛЮДИ РОЖДАЮТСЯ СВОБОДНЫМИ И РАВНЫМИ В СВОЕМ ДОСТОИНСТВЕ И ПРАВАХ.", "koi8_r"),  # noqa: RUF001
            ("Все люди рождаются свободными и равными в своем достоинстве.", "iso8859_5"),  # noqa: RUF001
            ("Все люди рождаются свободными и равными в своем достоинстве.", "cp866"),  # noqa: RUF001
            ("يولد جميع الناس أحرارا متساوين في الكرامة والحقوق.", "iso8859_6"),
        ],
    )
    def test_an_alphabet_that_does_not_win_by_far_is_not_claimed(self, shown: str, codec: str) -> None:
        assert encoding_of(shown.encode(codec), whole=True).codec == "cp1252"

    @pytest.mark.parametrize("shown", ["El niño comió jamón, corazón, razón, acción y opinión.\n", "漢字と仮名の文\n"])
    @pytest.mark.parametrize("times", [1, 1_000])
    def test_utf8_with_a_damaged_byte_is_utf8(self, look: Look, shown: str, times: int) -> None:
        inside = look((shown * times).encode() + b"ni\xf1os", "a.txt")
        assert text(inside) == shown * times + "ni\ufffdos"
        assert dict(inside.facts)["Encoding"] == "UTF-8, guessed"

    def test_latin_letters_after_much_ascii_are_no_damaged_utf8(self, look: Look) -> None:
        assert text(look(b"plain\n" * 3_000 + b"ni\xf1os", "a.txt")).endswith("niños")

    def test_noise_is_no_text_in_any_encoding(self, look: Look) -> None:
        noise = random.Random(7)
        for length in (30, 100, 1_000, 20_000):
            for _ in range(20):
                assert isinstance(look(b"\xff" + noise.randbytes(length)).body, HexBody)
        assert isinstance(look(b"some words \0 with \0 zeros \0\n" * 50).body, HexBody)
        assert isinstance(look(struct.pack("<500h", *range(-9_000, 1_000, 20))).body, HexBody)

    def test_code_has_colours(self, look: Look) -> None:
        inside = look("s = '😀'  # 1\n".encode(), "a.py")
        assert isinstance(inside.body, TextBody)
        assert ("Language", "Python") in inside.facts
        assert (10, 3, "comment") in inside.body.spans  # in UTF-16 units, of which the smile has two

    def test_code_has_colours_where_its_lines_are_cut(self, look: Look) -> None:
        inside = look(f"s = '{'漢😀' * 100}'  # 1\nif 1: pass\n".encode(), "a.py")
        assert isinstance(inside.body, TextBody)
        written = inside.body.part.text.encode("utf-16-le")
        found = [
            (written[2 * at : 2 * (at + count)].decode("utf-16-le"), kind) for at, count, kind in inside.body.spans
        ]
        assert (f"{'漢😀' * 72}漢\n{'😀漢' * 27}😀", "string") in found
        assert ("# 1", "comment") in found
        assert ("if", "keyword") in found

    def test_a_long_text_comes_in_parts_and_no_letter_is_lost(self) -> None:
        whole = "".join(f"{number} größer als 漢\n" for number in range(80_000))
        content = Bytes(whole.encode(), "a.txt")
        body, _ = plain(content)
        parts = [body.part]
        while (offset := parts[-1].next_offset) is not None:
            parts.append(more_of(content, offset, body.codec))
        assert len(parts) > 1
        assert "".join(part.text for part in parts) == whole

    def test_a_letter_cut_at_the_end_is_no_reason_to_doubt_the_encoding(self) -> None:
        assert encoding_of("ä".encode()[:1], whole=False).codec == "utf-8"
        assert encoding_of("ä".encode()[:1], whole=True).codec == "cp1252"


class TestJson:
    def test_it_is_set_out_and_no_value_changes(self, look: Look) -> None:
        inside = look(b'{"a":[1.10,1e400,{}],"a":"x\\"{,}","b":[]}')
        assert text(inside).splitlines() == [
            "{", '  "a": [', "    1.10,", "    1e400,", "    {}", "  ],", '  "a": "x\\"{,}",', '  "b": []', "}",
        ]  # fmt: skip
        assert isinstance(inside.source, TextBody)

    def test_what_is_set_out_means_the_same(self) -> None:
        value = {"x": [[], {}, [1, -2.5, "a b\n,:"], None, True], "y": {"z": {"": 0}}}
        assert json.loads(set_out(json.dumps(value).encode())[1][0]) == value

    def test_broken_json_is_shown_as_it_is(self, look: Look) -> None:
        inside = look(b'{"a":\n  oops}', "a.json")
        assert text(inside) == '{"a":\n  oops}'
        assert "line 2, column 3" in inside.note


def test_a_pdf_has_the_pages_that_are_there_and_not_those_that_it_claims(look: Look) -> None:
    claimed = pdf("red", "blue").replace(b"/Count 2", b"/Count 9")
    assert b"/Count 9" in claimed
    for data in (claimed, claimed.replace(b"/Count 9", b"/Xount 9")):
        inside = look(data)
        assert isinstance(inside.body, Picture)
        assert dict(inside.facts)["Pages"] == f"{inside.body.pages:,}"


def test_markdown_is_laid_out_and_its_source_is_there(look: Look) -> None:
    inside = look(b"# Title\n\ntext", "a.md")
    assert inside.body == RichBody("# Title\n\ntext")
    assert isinstance(inside.source, TextBody)


def test_long_lines_of_other_letters_are_cut_only_where_they_are_shown_as_written(look: Look) -> None:
    for line in ("漢字" * 200, "\t".join(["漢字"] * 120)):
        inside = look(f"{line}\n{line}\n".encode(), "a.md")
        assert inside.body == RichBody(f"{line}\n{line}\n")
    inside = look(f"{line}\n{line}\n".encode(), "a.tsv")
    assert isinstance(inside.body, TableBody)
    assert inside.body.titles == ("漢字",) * 50
    assert isinstance(inside.source, TextBody)
    assert max(map(len, inside.source.part.text.split("\n"))) <= 150


def test_tables(look: Look) -> None:
    inside = look(b'name;price\n"a;b";3,50\nc;12\n', "a.csv")
    assert inside.body == TableBody(("name", "price"), (("a;b", "3,50"), ("c", "12")), frozenset({1}))
    assert isinstance(look(b"no table\nat all\n", "a.csv").body, TextBody)


class TestDrawings:
    def test_it_is_drawn_without_what_runs_or_fetches(self, look: Look) -> None:
        inside = look(
            b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20" onload="x()"><script>x()</script>'
            b'<rect width="40" height="20" fill="#00ff00"/></svg>'
        )
        assert isinstance(inside.body, Picture)
        assert inside.body.frames[0].image.pixelColor(5, 5).name() == "#00ff00"
        assert "left out" in inside.note
        assert isinstance(inside.source, TextBody)

    def test_one_that_defines_entities_is_text(self, look: Look) -> None:
        data = (
            b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>'
        )
        inside = look(data)
        assert text(inside) == data.decode()
        assert "cannot be drawn safely" in inside.note

    def test_pictures_beside_it_are_not_fetched(self, look: Look, tmp_path) -> None:
        (tmp_path / "secret.png").write_bytes(image(40, 40, "red"))
        for link in (f"file://{tmp_path}/secret.png", f"{tmp_path}/secret.png"):
            inside = look(
                b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="40" '
                b'height="40"><image xlink:href="' + link.encode() + b'" width="40" height="40"/></svg>'
            )
            assert isinstance(inside.body, Picture)
            assert inside.body.frames[0].image.pixelColor(20, 20).alpha() == 0


class TestMedia:
    def test_a_film(self, look: Look) -> None:
        facts = dict(look(mp4()).facts)
        assert facts["Title"] == "Ein Fest"
        assert (facts["Duration"], facts["Dimensions"], facts["Codec"]) == ("1:15", "640 × 360", "H.264")
        assert facts["Container"] == "MP4"

    def test_a_sound(self, look: Look) -> None:
        facts = dict(look(wav()).facts)
        assert (facts["Duration"], facts["Codec"], facts["Sound"]) == ("0:02", "PCM", "8 kHz, stereo, 256 kbit/s")


class TestArchives:
    def test_zip(self, look: Look) -> None:
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as archive:
            archive.writestr("a/größe.txt", b"x" * 2000)
            archive.writestr("b", b"")
        inside = look(held.getvalue(), "a.docx")
        assert isinstance(inside.body, TableBody)
        assert inside.body.rows == (("a/größe.txt", "2.0 kB"), ("b", "0 bytes"))
        assert ("Contains", "2 names") in inside.facts

    @pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["tar", "tar.gz"])
    def test_tar(self, look: Look, pack) -> None:
        held = io.BytesIO()
        with tarfile.open(fileobj=held, mode="w") as archive:
            for name in ("one", "two"):
                member = tarfile.TarInfo(name)
                member.size = 3
                archive.addfile(member, io.BytesIO(b"abc"))
        inside = look(pack(held.getvalue()))
        assert isinstance(inside.body, TableBody)
        assert inside.body.rows == (("one", "3 bytes"), ("two", "3 bytes"))


def test_a_pdf_says_what_it_is(look: Look) -> None:
    data = b"%PDF-1.7\n1 0 obj <</Type /Pages /Count 12>> endobj <</Title (A \\(short\\) report)>>"
    facts = dict(look(data).facts)
    assert (facts["Container"], facts["Pages"], facts["Title"]) == ("PDF 1.7", "12", "A (short) report")


def test_the_first_page_of_a_pdf_is_drawn(look: Look) -> None:
    inside = look(pdf("#0000ff", "#ff0000"))
    assert isinstance(inside.body, Picture)
    page = inside.body.frames[0].image
    assert max(page.width(), page.height()) == 200
    assert page.width() < page.height()
    assert page.pixelColor(page.width() // 2, page.height() // 2).name() == "#0000ff"
    assert page.pixelColor(1, 1).name() == "#ffffff"
    assert inside.note == ""


def test_a_broken_pdf_is_told_and_the_next_is_drawn(look: Look) -> None:
    whole = pdf("#0000ff")
    assert isinstance(look(whole[: len(whole) // 3]).body, EmptyBody)
    assert isinstance(look(whole).body, Picture)


def test_what_is_nothing_else_is_bytes(look: Look) -> None:
    assert look(b"\x00\x01\x02" * 9).body == HexBody(27, b"\x00\x01\x02" * 9)
    assert isinstance(look(b"").body, EmptyBody)


def test_kinds_by_their_first_bytes() -> None:
    assert kind_of(b"BM" + bytes(50), "x") is Kind.PICTURE
    assert kind_of(b"BMW is a car", "x") is Kind.TEXT
    assert kind_of(b"[1, 2]", "x") is Kind.TEXT
    assert kind_of(b"[[1]]", "x") is Kind.JSON
