"""The ways to write what was typed, found with few looks among the names."""

from __future__ import annotations

from engine.files.spellings import spellings


def test_few_looks_lead_to_the_spellings_that_there_are():
    names = sorted([f"IMG_{number:04}" for number in range(1_000)] + ["ímg.txt", "image"])
    looks = []

    def first(low: str, high: str) -> str | None:
        looks.append(low)
        return next((name for name in names if low <= name < high), None)

    assert spellings("img", first) == ("IMG", "ímg")
    assert len(looks) < 30
