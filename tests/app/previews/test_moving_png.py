"""PNG files that move: each frame as it is seen, and the still picture where the frames are nonsense."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from app.previews.decoder import apng
from app.previews.decoder.pictures import picture
from tests.app.previews.files import image, moving_png

WHOLE, RIGHT = (0, 0, 4, 2), (2, 0, 2, 2)


def colours(frame: QImage) -> tuple[str, str]:
    """Return the colours at the left and at the right."""
    return frame.pixelColor(0, 0).name(QColor.NameFormat.HexArgb), frame.pixelColor(3, 1).name(
        QColor.NameFormat.HexArgb
    )


def seen(data: bytes) -> list[tuple[str, str]]:
    return [colours(frame) for frame, _ in apng.frames(data)]


def test_frames_are_laid_over_each_other_and_taken_away_as_the_file_says(qapp: QApplication) -> None:
    data = moving_png(
        ("#ff0000", WHOLE, 0, 0), ("#00ff00", RIGHT, 2, 0), ("#0000ff", RIGHT, 1, 0), ("#00000000", RIGHT, 0, 1)
    )
    assert apng.moves(data)
    assert seen(data) == [
        ("#ffff0000", "#ffff0000"),
        ("#ffff0000", "#ff00ff00"),
        ("#ffff0000", "#ff0000ff"),
        ("#ffff0000", "#00000000"),
    ]
    assert [shown_ms for _, shown_ms in apng.frames(data)] == [30] * 4


def test_a_preview_has_them_all(qapp: QApplication) -> None:
    data = moving_png(("#ff0000", WHOLE, 0, 0), ("#00ff00", WHOLE, 0, 0))
    told, blobs = picture(data, edge_px=100, moving=True)
    assert (told["width"], told["height"], len(told["frames"]), len(blobs)) == (4, 2, 2, 2)
    assert len(picture(data, edge_px=100, moving=False)[1]) == 1


@pytest.mark.parametrize("place", [(3, 0, 2, 2), (0, 0, 0, 0), (2**31, 2**31, 1, 1)])
def test_a_frame_outside_leaves_the_still_picture(qapp: QApplication, place: tuple[int, int, int, int]) -> None:
    data = moving_png(("#ff0000", WHOLE, 0, 0), ("#00ff00", (0, 0, 1, 1), 0, 0))
    wrong = data.replace(_control((0, 0, 1, 1)), _control(place))
    assert wrong != data
    told, blobs = picture(wrong, edge_px=100, moving=True)
    assert (told["width"], len(blobs)) == (4, 1)


def test_one_frame_and_other_files_do_not_move(qapp: QApplication) -> None:
    assert not apng.moves(moving_png(("#ff0000", WHOLE, 0, 0)))
    assert not apng.moves(image(4, 2))
    assert not apng.moves(image(4, 2, kind="jpg"))
    assert not apng.moves(moving_png(("#ff0000", WHOLE, 0, 0), ("#00ff00", WHOLE, 0, 0))[:40])


def _control(place: tuple[int, int, int, int]) -> bytes:
    left, top, width, height = (side.to_bytes(4, "big") for side in place)
    return width + height + left + top
