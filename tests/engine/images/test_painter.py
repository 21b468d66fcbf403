"""Drawing pictures in a child process: what comes out, what is refused, and what hostile ones can not do."""

from __future__ import annotations

import io
import os
import struct
import sys
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from engine.images import NotDrawn, Painter, Transform


@pytest.fixture
def painter() -> Iterator[Painter]:
    """Return a painter; its children end with the test."""
    made = Painter()
    yield made
    made.close()


def picture(kind: str = "PNG", size: tuple[int, int] = (80, 40), mode: str = "RGB", **options) -> bytes:
    """Return a picture whose left half is red and whose right half is blue."""
    drawn = Image.new(mode, size, "red")
    drawn.paste("blue", (size[0] // 2, 0, *size))
    target = io.BytesIO()
    drawn.save(target, kind, **options)
    return target.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def test_pictures_of_every_format_in_every_size(painter: Painter):
    cases = [
        (Transform(), (80, 40)),
        (Transform(width=20), (20, 10)),
        (Transform(height=20), (40, 20)),
        (Transform(20, 20), (20, 20)),
        (Transform(20, 20, "contain"), (20, 10)),
        (Transform(20, 20, "fill"), (20, 20)),
        (Transform(500, 500), (80, 40)),
        (Transform(500, 10), (80, 10)),
        (Transform(500, 500, "fill"), (80, 40)),
        (Transform(1, 1, "contain"), (1, 1)),
    ]
    for transform, size in cases:
        mime_type, drawn = painter.paint(picture(), transform)
        assert (mime_type, opened(drawn).size) == ("image/png", size), transform
    kinds = {"JPEG": "jpeg", "WEBP": "webp", "AVIF": "avif", "GIF": "png", "BMP": "png", "TIFF": "png"}
    for kind, expected in kinds.items():
        mime_type, drawn = painter.paint(picture(kind), Transform(width=20))
        assert (mime_type, opened(drawn).size) == (f"image/{expected}", (20, 10))
    assert painter.paint(picture("JPEG"), Transform(), ["image/webp"])[0] == "image/webp"
    assert painter.paint(picture("JPEG"), Transform(format="origin"), ["image/webp"])[0] == "image/jpeg"
    assert painter.paint(picture(), Transform(format="avif"))[0] == "image/avif"
    assert painter.paint(picture("JPEG", mode="CMYK"), Transform(width=20))[0] == "image/jpeg"
    fine, coarse = (painter.paint(picture("JPEG", (400, 400)), Transform(quality=quality)) for quality in (100, 20))
    assert len(coarse[1]) < len(fine[1])


def test_cover_cuts_the_middle_and_fill_squeezes(painter: Painter):
    middle = opened(painter.paint(picture(size=(80, 20)), Transform(20, 20))[1])
    assert (middle.getpixel((0, 10)), middle.getpixel((19, 10))) == ((255, 0, 0), (0, 0, 255))
    squeezed = opened(painter.paint(picture(size=(80, 20)), Transform(20, 20, "fill"))[1])
    assert squeezed.getpixel((2, 10)) == (255, 0, 0)


def test_the_camera_is_followed_and_what_it_wrote_is_left_out(painter: Painter):
    said = Image.Exif()
    said[0x0112], said[0x010F] = 6, "a camera"
    mime_type, drawn = painter.paint(picture("JPEG", exif=said), Transform(height=40))
    shown = opened(drawn)
    assert (mime_type, shown.size) == ("image/jpeg", (20, 40))
    assert dict(shown.getexif()) == {}
    red, _, blue = shown.getpixel((10, 2))
    assert red > 200 > 100 > blue


def bomb() -> bytes:
    """Return a PNG of a few hundred bytes that says it is 60,000 x 60,000 pixels."""
    head = struct.pack("!IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    made = [
        struct.pack("!I", len(data)) + name + data + struct.pack("!I", zlib.crc32(name + data)) for name, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(made)


def test_what_is_no_picture_or_a_hostile_one_is_refused_and_others_go_on(painter: Painter):
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n"
    for data in (b"", b"text", svg, postscript, picture()[:60], picture("JPEG")[:300], bomb(), os.urandom(1000)):
        with pytest.raises(NotDrawn):
            painter.paint(data, Transform(width=10))
    assert painter.paint(picture(), Transform(width=10))[0] == "image/png"


def test_a_child_that_hangs_or_dies_is_replaced():
    hanging = Painter((sys.executable, "-c", "import sys; sys.stdin.buffer.read()"), timeout_s=0.3)
    with pytest.raises(NotDrawn, match="too long"):
        hanging.paint(picture(), Transform())
    hanging.close()
    dying = Painter((sys.executable, "-c", "import os; os.abort()"))
    with pytest.raises(NotDrawn, match="gave up"):
        dying.paint(picture(), Transform())
    dying.close()
    with pytest.raises(NotDrawn, match="stopping"):
        dying.paint(picture(), Transform())
    missing = Painter(("/nowhere/python",))
    with pytest.raises(NotDrawn, match="no process"):
        missing.paint(picture(), Transform())


def test_a_child_that_ended_for_want_of_work_is_followed_by_another(painter: Painter):
    painter.paint(picture(), Transform(width=10))
    (idle,) = painter._idle
    idle.stdin.write(b"")
    idle.terminate()
    idle.wait()
    idle.returncode = 0
    assert painter.paint(picture(), Transform(width=10))[0] == "image/png"


def test_closing_ends_a_child_at_work():
    painter = Painter((sys.executable, "-c", "import sys; sys.stdin.buffer.read()"))
    failures: list[str] = []

    def ask() -> None:
        try:
            painter.paint(picture(), Transform())
        except NotDrawn as error:
            failures.append(str(error))

    asking = threading.Thread(target=ask)
    asking.start()
    while not painter._busy:
        pass
    painter.close()
    asking.join()
    assert len(failures) == 1


@pytest.mark.parametrize("transform", [Transform(), Transform(1, 2, "fill", 30, "avif"), Transform(height=9)], ids=str)
def test_what_is_wanted_survives_its_token(transform: Transform):
    assert Transform.of_text(transform.text()) == transform


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
def test_a_child_has_no_files_and_little_memory(painter: Painter):
    painter.paint(picture(), Transform())
    (child,) = painter._idle
    limits_path = Path(f"/proc/{child.pid}/limits")
    if limits_path.exists():
        said = {line[:25].strip(): line[26:46].strip() for line in limits_path.read_text().splitlines()}
        assert said["Max address space"] == str(1 << 30)
        assert said["Max file size"] == "0"
        assert said["Max cpu time"] != "unlimited"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_the_process_knows_no_secret_and_can_open_nothing(painter: Painter, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOLDALL_JWT_SECRET", "nobody-else-may-know")
    painter.paint(picture(), Transform())
    (child,) = painter._idle
    proc = Path("/proc") / str(child.pid)
    assert b"nobody-else-may-know" not in (proc / "environ").read_bytes()
    (line,) = [line for line in (proc / "limits").read_text().splitlines() if line.startswith("Max open files")]
    assert line.split()[3:5] == ["0", "0"]


def test_what_is_no_picture_is_refused_without_a_word_of_the_decoders(painter: Painter):
    with pytest.raises(NotDrawn, match=r"^it is damaged, or of no kind that is known here$"):
        painter.paint(b"no picture at all", Transform())
