"""Tables written as text: CSV and its kin, the first rows of them."""

from __future__ import annotations

import csv
from itertools import islice
from typing import Final

from app.i18n import translate
from app.previews.content import Content
from app.previews.decoder.client import Decoder
from app.previews.folding import unfolded
from app.previews.shapes import Inside, TableBody
from app.previews.texts import plain

_ROWS_MAX: Final = 1_000
_COLUMNS_MAX: Final = 50
_CELL_MAX_CHARS: Final = 300
_GLANCE_CHARS: Final = 16 * 1024
_DELIMITERS: Final = ",;\t|"
_NUMERIC_SHARE: Final = 0.8


def table_of(content: Content, _decoder: Decoder) -> Inside:
    """Return a look at a table, with its text behind the switch."""
    source, facts = plain(content)
    text = unfolded(source.part)
    if text is None:
        return Inside(source, facts=facts)
    rows = _rows(text, _delimiter(text))
    if not rows or max(map(len, rows)) < 2:
        return Inside(source, facts=facts)
    width = min(max(map(len, rows)), _COLUMNS_MAX)
    even = [(*row[:width], *[""] * (width - len(row))) for row in rows]
    body = TableBody(even[0], tuple(even[1:]), _numeric(even[1:], width))
    cut = len(rows) > _ROWS_MAX or source.part.next_offset is not None
    note = translate("Previews", "The first {count} rows are shown.").format(count=f"{len(even) - 1:,}") if cut else ""
    return Inside(body, source, facts, note)


def _rows(text: str, delimiter: str) -> list[list[str]]:
    """Return the first rows; of a table that is no table, what there is until it turns out so."""
    rows: list[list[str]] = []
    try:
        for row in islice(csv.reader(text.split("\n"), delimiter=delimiter), _ROWS_MAX + 1):
            if row:
                rows.append([cell[:_CELL_MAX_CHARS].replace("\n", " ") for cell in row[:_COLUMNS_MAX]])
    except csv.Error:
        return rows
    return rows


def _delimiter(text: str) -> str:
    """Return what stands between cells: what the first lines have most of."""
    glance = text[:_GLANCE_CHARS]
    return max(_DELIMITERS, key=glance.count)


def _numeric(rows: list[tuple[str, ...]], width: int) -> frozenset[int]:
    return frozenset(column for column in range(width) if _is_numeric([row[column] for row in rows if row[column]]))


def _is_numeric(cells: list[str]) -> bool:
    numbers = sum(cell.strip().replace(".", "", 1).replace(",", "").lstrip("+-").isdigit() for cell in cells)
    return bool(cells) and numbers >= len(cells) * _NUMERIC_SHARE
