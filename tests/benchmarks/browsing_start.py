"""A start of the real window, imported as `main.py` imports it: figures as JSON.

python -m tests.benchmarks.browsing_start DATA_DIR --start MONOTONIC_SECONDS
"""

from __future__ import annotations

import sys


def main(argv: list[str]) -> None:
    """Measure and print."""
    from app.imports import left_alone

    with left_alone():
        from tests.benchmarks import browsing_tour
    browsing_tour.main(argv)


if __name__ == "__main__":
    main(sys.argv[1:])
