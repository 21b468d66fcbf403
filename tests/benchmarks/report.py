"""What a benchmark measured: rows beside their peers, printed as a Markdown table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison.

    Attributes:
        name: What was done.
        ours: What Holdall took or reached, with its unit.
        peer_name: Who did the same beside it, in the same run.
        peer: What the peer took or reached.
        ratio: Ours to the peer's, or None where there is no peer.
        bar: The bar as text, such as `<= 0.60`; "" where there is none.
        holds: Whether the bar holds, or None where there is none.
    """

    name: str
    ours: str
    peer_name: str
    peer: str
    ratio: float | None
    bar: str = ""
    holds: bool | None = None


def table(rows: list[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| what | Holdall | peer | peer's | ratio | bar | |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        verdict = {True: "holds", False: "**missed**", None: ""}[row.holds]
        lines.append(f"| {row.name} | {row.ours} | {row.peer_name} | {row.peer} | {ratio} | {row.bar} | {verdict} |")
    return "\n".join(lines)
