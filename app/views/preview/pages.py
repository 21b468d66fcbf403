"""The plainer pages: a table, laid-out Markdown that loads nothing."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QBrush, QFont, QImage, QTextCursor, QTextDocument, QTextFormat
from PySide6.QtWidgets import QAbstractItemView, QTableView, QTextBrowser

from app.formats import tip_text
from app.i18n import translate
from app.look import Look
from app.models.preview_table import PreviewTable
from app.previews.shapes import RichBody, TableBody

_COLUMN_MAX_PX: Final = 360
_COLUMN_LEAST_PX: Final = 64
_SIZED_ROWS: Final = 60
_SIZED_CELLS: Final = 600
_SIZED_CHARS: Final = 60
_SPACED_MAX: Final = 1_500
_CODE: Final = QTextFormat.Property.BlockCodeFence.value


class TablePage(QTableView):
    """A table."""

    def __init__(self, look: Look) -> None:
        """Args: look."""
        super().__init__()
        self._look = look
        self._table = PreviewTable(self)
        self.setModel(self._table)
        self.setProperty("place", "records")
        self.setAccessibleName(translate("PreviewPages", "Table"))
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setAccessibleName(translate("PreviewPages", "Rows"))
        self.horizontalHeader().setAccessibleName(translate("PreviewPages", "Columns"))
        self.verticalHeader().setDefaultSectionSize(look.theme.size("tree_row"))
        self.horizontalHeader().setHighlightSections(False)

    def show_body(self, body: TableBody) -> None:
        """Show a table from its first row."""
        self._table.show_body(body)
        for column in range(len(body.titles)):
            self.setColumnWidth(column, min(max(self._wanted_px(body, column), _COLUMN_LEAST_PX), _COLUMN_MAX_PX))
        self.horizontalHeader().setStretchLastSection(len(body.titles) <= 3)
        self.scrollToTop()

    def _wanted_px(self, body: TableBody, column: int) -> int:
        """Return how wide a column needs to be for its title and its first cells, as far as a column may be wide."""
        rows = body.rows[: min(_SIZED_ROWS, _SIZED_CELLS // len(body.titles))]
        measure = self.fontMetrics().horizontalAdvance
        cells = max((measure(row[column][:_SIZED_CHARS]) for row in rows), default=0)
        return max(cells + 2 * self._look.theme.space("m"), self.horizontalHeader().sectionSizeHint(column))


class ClosedDocument(QTextDocument):
    """A document that loads nothing: no picture, no style sheet, neither from here nor from elsewhere."""

    def __init__(self, parent: QObject | None = None) -> None:
        """Args: Qt's owner."""
        super().__init__(parent)
        self._blank = QImage(1, 1, QImage.Format.Format_ARGB32_Premultiplied)
        self._blank.fill(0)

    def loadResource(self, kind: int, _name: QUrl | str) -> Any:  # noqa: ANN401 - whatever was asked for
        """Qt's hook: a blank picture, for where none comes Qt would look for a file of that name itself."""
        return self._blank


class RichPage(QTextBrowser):
    """Markdown. Its links say where they lead, and lead nowhere."""

    def __init__(self, look: Look) -> None:
        """Args: look."""
        super().__init__()
        self._look = look
        self._shown = RichBody("")
        self.setOpenLinks(False)
        self.setProperty("place", "preview")
        self.setAccessibleName(translate("PreviewPages", "Document"))
        self.setTabChangesFocus(True)
        self.highlighted.connect(lambda link: self.viewport().setToolTip(tip_text(link.toString())))
        look.theme.changed.connect(self._show_anew)

    def _show_anew(self) -> None:
        self.show_body(self._shown)

    def show_body(self, body: RichBody) -> None:
        """Show a document from its beginning."""
        self._shown = body
        document = ClosedDocument(self)
        document.setDefaultFont(QFont(self.font()))
        document.setDocumentMargin(self._look.theme.space("m"))
        document.setMarkdown(body.markdown, QTextDocument.MarkdownFeature.MarkdownNoHTML)
        self._space_out(document)
        before = self.document()
        self.setDocument(document)
        if isinstance(before, ClosedDocument):
            before.deleteLater()

    def _space_out(self, document: QTextDocument) -> None:
        """Give paragraphs room and code a ground of its own, which Qt's reader of Markdown does not."""
        if document.blockCount() > _SPACED_MAX:
            return
        space, ground = self._look.theme.space, QBrush(self._look.theme.color("window"))
        block = document.begin()
        while block.isValid():
            made, is_code = block.blockFormat(), block.blockFormat().hasProperty(_CODE)
            made.setBottomMargin(0 if is_code and block.next().blockFormat().hasProperty(_CODE) else space("s"))
            if block.textList() is not None:
                made.setBottomMargin(space("xs"))
            if made.headingLevel() and block.blockNumber():
                made.setTopMargin(space("m"))
            if is_code:
                made.setBackground(ground)
                made.setLeftMargin(space("s"))
            QTextCursor(block).setBlockFormat(made)
            block = block.next()
