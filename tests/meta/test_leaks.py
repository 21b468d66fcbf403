"""The shared look for leaks finds what a test leaves behind, and nothing else."""

from __future__ import annotations

import pytest

from tests.meta.repository import ROOT

pytest_plugins = ["pytester"]

SUITE = """
    import os
    import threading
    import pytest

    def test_a_thread_that_ends(tmp_path):
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()

    def test_a_file_that_is_closed(tmp_path):
        os.close(os.open(tmp_path / "closed", os.O_CREAT))

    @pytest.mark.threads_outlive("started for the whole module")
    def test_a_thread_of_wider_scope():
        threading.Thread(target=threading.Event().wait, daemon=True).start()

    def test_leaves_a_thread():
        threading.Thread(target=threading.Event().wait, name="forgotten", daemon=True).start()

    def test_leaves_a_file(tmp_path):
        os.open(tmp_path / "forgotten", os.O_CREAT)
"""


def test_a_leak_fails_the_test_and_what_is_cleaned_up_passes(pytester: pytest.Pytester) -> None:
    pytester.makeconftest((ROOT / "tests" / "conftest.py").read_text("utf-8"))
    pytester.makeini("[pytest]\nmarkers = threads_outlive(reason): started for longer")
    pytester.makepyfile(SUITE)
    result = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:schemathesis")
    result.assert_outcomes(passed=5, errors=2)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_leaves_a_thread*",
            "left behind: thread forgotten",
            "*ERROR at teardown of test_leaves_a_file*",
            "left behind: open file *forgotten",
        ]
    )
