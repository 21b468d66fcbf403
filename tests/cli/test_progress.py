"""The progress bar of a terminal."""

from __future__ import annotations

import io

import pytest

from engine.cli.progress import ProgressBar, progress_text
from engine.transfers.speed import SpeedMeter
from engine.types import Progress, TreeSize

CELLS = ("#", "-")


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def text_of(progress: Progress, elapsed_s: float = 0.0) -> str:
    clock = Clock()
    speed = SpeedMeter(clock)
    speed.add(0)
    clock.now_s += elapsed_s
    speed.add(progress.done_bytes)
    return progress_text(progress, speed, CELLS)


def test_one_file_shows_its_bytes_and_how_far_it_is():
    assert text_of(Progress(250_000, 1_000_000)) == "#####---------------  25 %  250 kB of 1.0 MB"


def test_many_files_are_counted():
    text = text_of(Progress(500, 1000, done_files=1_200, total_files=2_400))
    assert text == "##########----------  50 %  1,200 of 2,400 files  500 B of 1.0 kB"


def test_while_files_are_still_being_found_nothing_is_promised():
    assert text_of(Progress(500, None, done_files=3, total_files=None)) == "3 files  500 B"


def test_empty_files_advance_by_their_number():
    assert text_of(Progress(0, 0, done_files=3, total_files=4)).startswith("###############-----  75 %")


def test_the_bar_is_never_over_full():
    assert "100 %" in text_of(Progress(2_000, 1_000))


def test_speed_is_shown_at_once_and_the_time_left_when_it_is_reliable():
    progress = Progress(1_000_000, 10_000_000)
    assert text_of(progress, 2.0).endswith("500 kB/s")
    clock = Clock()
    speed = SpeedMeter(clock)
    for second in range(11):
        clock.now_s = 100.0 + second
        speed.add(second * 100_000)
    assert progress_text(progress, speed, CELLS).endswith("100 kB/s  1:30 left")


def test_the_wait_between_the_last_byte_and_the_commit_has_a_name():
    assert text_of(Progress(1_000, 1_000, finalising=True), 10.0).endswith("1.0 kB of 1.0 kB  finishing")


def test_it_is_drawn_over_itself_at_most_ten_times_a_second_and_wiped_at_the_end():
    stream, clock = io.StringIO(), Clock()
    bar = ProgressBar(stream, clock=clock)
    bar(Progress(1, 4))
    bar(Progress(2, 4))
    clock.now_s += 0.1
    bar(Progress(3, 4))
    bar.close()
    drawings = stream.getvalue().split("\r")
    assert [drawing.split(" of ")[0][-3:] for drawing in drawings if " of " in drawing] == ["1 B", "3 B"]
    assert drawings[-1] == ""
    assert drawings[-2].strip() == ""
    assert len(drawings[-2]) >= len(drawings[-3].rstrip())


def test_a_bar_that_was_never_drawn_leaves_no_trace():
    stream = io.StringIO()
    ProgressBar(stream, clock=Clock()).close()
    assert stream.getvalue() == ""


@pytest.mark.parametrize(("encoding", "cell"), [("utf-8", "█"), ("ascii", "#")])
def test_the_cells_suit_the_terminal(encoding: str, cell: str):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    ProgressBar(stream, clock=Clock())(Progress(3, 4))
    stream.flush()
    assert cell in raw.getvalue().decode(encoding)


def test_totals_that_the_call_does_not_know_are_asked_for():
    stream, clock, known = io.StringIO(), Clock(), [TreeSize(4, 1_000)]
    bar = ProgressBar(stream, lambda: known[0] if clock.now_s > 100.0 else None, clock)
    bar(Progress(250, None, done_files=1, total_files=None))
    clock.now_s += 1
    bar(Progress(250, None, done_files=1, total_files=None))
    first, second = stream.getvalue().split("\r")[1:]
    assert first.rstrip() == "1 file  250 B"
    assert "25 %  1 of 4 files  250 B of 1.0 kB" in second


def test_removing_counts_files_alone():
    assert text_of(Progress(0, 0, done_files=1, total_files=2)) == "##########----------  50 %  1 of 2 files"
