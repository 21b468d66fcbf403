"""Identifiers: unique, also among processes of one parent, and in the order of time."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from engine.ids import new_id

ROOT = Path(__file__).parents[2]


def test_ids_are_uuids_of_version_7_in_canonical_form() -> None:
    for _ in range(200):
        value = new_id()
        assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", value)
        assert str(uuid.UUID(value)) == value


def test_ids_are_unique_and_sort_by_the_millisecond_they_were_made_in() -> None:
    values = [new_id() for _ in range(5000)]

    assert len(set(values)) == 5000
    assert [value[:13] for value in values] == sorted(value[:13] for value in values)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no forking here")
def test_processes_of_one_parent_give_out_different_ids() -> None:
    script = """
import os, sys
from engine.ids import new_id
for _ in range(4):
    if os.fork() == 0:
        print(new_id()[15:], flush=True)
        os._exit(0)
    os.wait()
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert len(set(done.stdout.split())) == 4
