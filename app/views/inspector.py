"""The panel at the right: what is known about one object, with a look inside; much of it is changed where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app import kinds, problems
from app.formats import brief_time_text, count_text, exact_size_text
from app.i18n import translate
from app.look import Look, label
from app.models.rows import Row
from app.previews.shapes import EmptyBody, Inside
from app.views.checksum_row import ChecksumRow
from app.views.fact_list import FactList
from app.views.metadata_form import MetadataForm
from app.views.preview.area import PreviewArea
from app.views.problem_note import ProblemNote
from app.views.version_list import VersionList
from app.widgets.breakable_label import BreakableLabel
from app.widgets.editable_fact import EditableFact
from app.widgets.glyph import Glyph
from engine.types import StorageObject, TreeSize
from engine.version_types import ObjectVersion

_HERO_PX: Final = 72
_LEAST_PX: Final = 288
_LABELLED_MAX: Final = 500
"""So many objects are changed together at most: each of them is held against what was seen."""


class Inspector(QWidget):
    """Shows an object, a folder, or how many things are selected.

    Signals:
        checksum_copied: The button beside the checksum was pressed; carries the checksum.
        type_wanted, cache_wanted: Another type or cache rule was typed; carries the text and the `EditableFact`.
        verify_wanted: The bytes are to be held against the checksum.
        verify_ended: They are not any more: the button, or something else is shown.
        editing_ended: A field was closed.
        closed: The button in the corner was pressed.
    """

    checksum_copied = Signal(str)
    type_wanted = Signal(str, object)
    cache_wanted = Signal(str, object)
    verify_wanted = Signal()
    verify_ended = Signal()
    editing_ended = Signal()
    closed = Signal()

    def __init__(self, look: Look) -> None:
        """Args: look."""
        super().__init__()
        self._look = look
        self._item: StorageObject | None = None
        self._items: tuple[StorageObject, ...] = ()
        self._fields: list[EditableFact] = []
        self._checksum: ChecksumRow | None = None
        self.setObjectName("inspector")
        self.setAccessibleName(translate("Inspector", "Inspector"))
        self.setMinimumWidth(_LEAST_PX)
        self.setProperty("place", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.area = QScrollArea(widgetResizable=True)
        self.area.setProperty("place", "details")
        self.area.setAccessibleName(translate("Inspector", "Details"))
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._page = QWidget()
        self._page.setProperty("place", "surface")
        self._glyph = Glyph(look, "cursor", "faint", _HERO_PX)
        self.preview = PreviewArea(look, compact=True)
        self._name = BreakableLabel(size="title")
        self._kind = label(tone="muted", wrap=True)
        self.problem = ProblemNote(look)
        self._facts = FactList(look)
        self.access = FactList(look)
        self.metadata = MetadataForm(look)
        self.metadata.editing_ended.connect(self.editing_ended)
        self.versions = VersionList(look)
        self._lay_out()
        self.show_nothing()

    @property
    def item(self) -> StorageObject | None:
        """Return the object that is shown, if it is one."""
        return self._item

    @property
    def items(self) -> tuple[StorageObject, ...]:
        """Return the objects that a change would be about."""
        return self._items

    @property
    def is_editing(self) -> bool:
        """Return whether a field is open: what is shown must stay until it is closed."""
        return self.metadata.is_editing or any(field.is_editing for field in self._fields)

    def facts(self) -> dict[str, str]:
        """Return the facts that are shown, by their label."""
        return self._facts.told

    def is_being_edited(self, places: frozenset[tuple[str, str]]) -> bool:
        """Return whether a field is open that is about the objects with these buckets and paths."""
        return self.is_editing and {(item.bucket, item.path) for item in self._items} == places

    def field(self, name: str) -> EditableFact:
        """Return the fact of that name, which can be changed."""
        return next(field for field in self._fields if field.field.accessibleName() == name)

    def show_nothing(self) -> None:
        """Say that nothing is selected."""
        self._begin("cursor", "faint", "", translate("Inspector", "Select an object to see what is known about it."))

    def show_many(self, count: int, rows: Sequence[Row] = ()) -> None:
        """Say how many things are selected, and let objects that are all known be changed together.

        Args:
            count: How many.
            rows: All of them, or none where not all are known.
        """
        text = translate("Inspector", "{count} items selected").format(count=count)
        self._begin("selection-all", "faint", text, "")
        items = [row.object for row in rows if row.object is not None]
        if len(items) != count:
            return
        self._facts.add(translate("Inspector", "Size"), exact_size_text(sum(item.size_bytes for item in items)))
        if count <= _LABELLED_MAX and len({item.bucket_id for item in items}) == 1:  # one change is of one bucket
            self._items = tuple(items)
            self._add_labels(items)
            self._put_in_tab_order()

    def show_folder(self, row: Row) -> None:
        """Show a folder; its size arrives by `show_size`."""
        self._begin(row.icon, row.tone, row.name, translate("Inspector", "Folder"))
        self._facts.add(translate("Inspector", "Path"), row.path)

    def show_size(self, size: TreeSize) -> None:
        """Add what is below the folder that is shown."""
        self._facts.add(translate("Inspector", "Contains"), count_text(size.objects))
        self._facts.add(translate("Inspector", "Size"), exact_size_text(size.size_bytes))

    def show_object(self, row: Row, item: StorageObject, owner: str, *, editable: bool = True) -> None:
        """Show an object.

        Args:
            row: Its row, for name and icon.
            item: What the engine knows.
            owner: How the owner is called.
            editable: Whether what is said about it can be changed: in the past it can't.
        """
        look = kinds.family(item.mime_type, item.name)
        self._begin(look.icon, look.tone, item.name, kinds.type_text(item.mime_type, item.name))
        self._item, self._items = item, (item,) if editable else ()
        self.problem.show_problem(problems.problem_of(item))
        add = self._facts.add
        add(translate("Inspector", "Size"), exact_size_text(item.size_bytes))
        self._add_labels([item], editable=editable)
        if item.modified_at is not None:
            add(translate("Inspector", "Modified"), brief_time_text(item.modified_at))
        add(translate("Inspector", "Stored"), brief_time_text(item.updated_at))
        add(translate("Inspector", "Created"), brief_time_text(item.created_at))
        add(translate("Inspector", "Owner"), owner, item.owner_id or "")
        add(translate("Inspector", "Path"), f"{item.bucket}/{item.path}")
        self._add_checksum(item.checksum)
        self.metadata.show_metadata(item.user_metadata, editable=editable)
        self.metadata.setVisible(editable or bool(item.user_metadata))
        self._put_in_tab_order()

    def show_versions(self, versions: tuple[ObjectVersion, ...], *, kept: bool) -> None:
        """Show what stood at the object's path before it; that may help where its bytes are not what they should be.

        Args:
            versions: Newest first, the present one among them.
            kept: Whether the bucket keeps old versions.
        """
        self.versions.show_versions(versions, kept=kept)
        has_older = any(version.id is not None and version.info.problem is None for version in versions)
        self.problem.show_problem(problems.problem_of(self._item), has_older=has_older)

    def show_access(self, text: str) -> None:
        """Say who else may do what with the object that is shown."""
        self.access.clear()
        self.access.add(translate("Inspector", "Access"), text)

    def show_preview(self, inside: Inside) -> None:
        """Take what a look inside the object found; the area above shows it."""
        self._glyph.setVisible(isinstance(inside.body, EmptyBody))
        for name, value in inside.facts:
            self._facts.add(name, value)

    def tell_checksum(self, text: str, tone: str = "muted", *, running: bool = False) -> None:
        """Say beside the checksum how far the comparison is, or what came out; see `ChecksumRow.tell`."""
        if self._checksum is not None:
            self._checksum.tell(text, tone, running=running)

    def take_labelled(self, items: Sequence[StorageObject]) -> None:
        """Know what was stored before the listing does, so that the next change is about it."""
        if [(item.bucket, item.path) for item in items] != [(item.bucket, item.path) for item in self._items]:
            return
        self._items = tuple(items)
        if self._item is not None:
            self._item = items[0]
            if not self.metadata.is_editing:
                self.metadata.show_metadata(self._item.user_metadata, editable=True)

    def finish_editing(self) -> None:
        """Close the fields: what was typed is stored."""
        for field in (*self._fields, *self.metadata.facts):
            field.finish()

    def _lay_out(self) -> None:
        space = self._look.theme.space
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, space("s"), 0, 0)
        whole.setSpacing(0)
        whole.addLayout(self._head())
        whole.addWidget(self.area, 1)
        column = QVBoxLayout(self._page)
        column.setContentsMargins(space("l"), 0, space("l"), space("l"))
        column.setSpacing(space("s"))
        column.addSpacing(space("s"))
        column.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignHCenter)
        for part in (self.preview, self._name, self._kind):
            part.setMinimumWidth(1)  # 0 would mean: as wide as its longest line or word
            column.addWidget(part)
        column.addWidget(self.problem)
        column.addSpacing(space("s"))
        column.addWidget(self._facts)
        column.addWidget(self.access)
        column.addWidget(self.metadata)
        column.addWidget(self.versions)
        column.addStretch()
        self.area.setWidget(self._page)

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(self._look.theme.space("l"), 0, self._look.theme.space("l"), 0)
        row.addWidget(label(translate("Inspector", "Inspector"), size="section"))
        row.addStretch()
        close = self._look.tool_button("x", translate("Inspector", "Hide inspector"))
        close.clicked.connect(self.closed)
        row.addWidget(close)
        return row

    def _begin(self, icon: str, tone: str, name: str, kind: str) -> None:
        self.verify_ended.emit()
        self._item, self._items, self._checksum = None, (), None
        self._fields.clear()
        self._facts.clear()
        self.access.clear()
        self.metadata.hide()
        self.versions.show_nothing()
        self.problem.show_problem(None)
        self.preview.show_nothing()
        self._glyph.set_glyph(icon, tone)
        self._glyph.show()
        self._name.show_text(name)
        self._name.setVisible(bool(name))
        self._kind.setText(kind)
        self._kind.setVisible(bool(kind))
        centred = Qt.AlignmentFlag.AlignHCenter if not name else Qt.AlignmentFlag.AlignLeft
        self._kind.setAlignment(centred)

    def _add_labels(self, items: Sequence[StorageObject], *, editable: bool = True) -> None:
        """Add type and cache rule, of all objects that are meant."""
        for name, values, wanted in (
            (translate("Inspector", "MIME type"), {item.mime_type for item in items}, self.type_wanted),
            (translate("Inspector", "Cache"), {item.cache_control for item in items}, self.cache_wanted),
        ):
            value = values.pop() if len(values) == 1 else ""
            shown = value or translate("Inspector", "Various")
            if not editable:
                self._facts.add(name, shown)
                continue
            fact = EditableFact(self._look, name, value, shown=shown)
            fact.submitted.connect(lambda text, fact=fact, wanted=wanted: wanted.emit(text, fact))
            fact.editing_ended.connect(self.editing_ended)
            self._fields.append(fact)
            self._facts.add_widget(name, shown, fact, height_px=fact.line_px)

    def _put_in_tab_order(self) -> None:
        """Let Tab come by what was made just now where it is seen; Qt puts it behind all else in the window."""
        made = (one for part in (self.preview, self._facts) for one in part.findChildren(QWidget))
        stops = [one for one in made if one.focusPolicy() & Qt.FocusPolicy.TabFocus]
        for before, after in pairwise([self.area, *stops]):
            QWidget.setTabOrder(before, after)

    def _add_checksum(self, checksum: str) -> None:
        row = self._checksum = ChecksumRow(self._look, checksum)
        row.copy_wanted.connect(lambda: self.checksum_copied.emit(checksum))
        row.verify_wanted.connect(self.verify_wanted)
        row.cancel_wanted.connect(self.verify_ended)
        # the button makes this row higher than the others
        self._facts.add_widget("SHA-256", checksum, row, height_px=row.copy.sizeHint().height())
