"""The shared look for leaks finds what a test leaves behind, and nothing else."""

from __future__ import annotations

import pytest

from tests.meta.repository import ROOT

pytest_plugins = ["pytester"]

LEAKING = {
    "thread": """
        import threading

        def test_it():
            threading.Thread(target=threading.Event().wait, name="forgotten", daemon=True).start()
    """,
    "open file": """
        import os

        def test_it(tmp_path):
            os.open(tmp_path / "forgotten", os.O_CREAT)
    """,
}
CLEAN = """
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
"""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """Return an empty suite that uses this repository's conftest."""
    pytester.makeconftest((ROOT / "tests" / "conftest.py").read_text("utf-8"))
    pytester.makeini("[pytest]\nmarkers = threads_outlive(reason): started for longer")
    return pytester


@pytest.mark.parametrize("leak", LEAKING)
def test_a_leak_fails_the_test(suite: pytest.Pytester, leak: str) -> None:
    suite.makepyfile(LEAKING[leak])
    result = suite.runpytest_subprocess("-p", "no:randomly")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines([f"*left behind: *{leak} *forgotten*"])


def test_what_is_cleaned_up_passes(suite: pytest.Pytester) -> None:
    suite.makepyfile(CLEAN)
    suite.runpytest_subprocess("-p", "no:randomly").assert_outcomes(passed=3)
