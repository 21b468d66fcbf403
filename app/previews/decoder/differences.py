"""What differs between two texts, in the decoder: the worst of them take a time that grows with the square."""

from __future__ import annotations

import json
from difflib import SequenceMatcher
from typing import Any


def difference(before: bytes, after: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Return the rows of two texts side by side.

    Args:
        before: The older text, UTF-8.
        after: The newer one.

    Returns:
        As a blob, JSON: `[what, before, after]` for each row, where `what` is `same`, `changed`, `removed` or `added`.
    """
    left, right = before.decode("utf-8", "replace").split("\n"), after.decode("utf-8", "replace").split("\n")
    rows: list[tuple[str, str | None, str | None]] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            rows += [("same", line, line) for line in left[i1:i2]]
            continue
        paired = min(i2 - i1, j2 - j1)
        rows += [("changed", left[i1 + k], right[j1 + k]) for k in range(paired)]
        rows += [("removed", line, None) for line in left[i1 + paired : i2]]
        rows += [("added", None, line) for line in right[j1 + paired : j2]]
    return {"rows": len(rows)}, [json.dumps(rows).encode()]
