"""Cut, copy, paste, duplicate and drag: things of the window carried to another place of it, or to other programs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QMimeData, QObject, Qt
from PySide6.QtGui import QClipboard, QDrag, QGuiApplication
from PySide6.QtWidgets import QWidget

from app.bridge.acting import Identity
from app.bridge.carriage import Carried, Order
from app.bridge.carrying import Carrier
from app.bridge.exporting import Exporter
from app.bridge.reading import Reader
from app.bridge.several import carried_together
from app.cargo import Cargo, Load, Motion
from app.controllers.clashes import ClashDesk
from app.controllers.following import moved_places
from app.controllers.moving import Moving
from app.controllers.navigation import Navigator
from app.controllers.order_run import OrderRun
from app.controllers.outgoing import DragData, FilesOf, Outgoing, button_is_down, clip_data
from app.controllers.targets import Target, Targets
from app.controllers.undo import Undo
from app.errors import ErrorPresenter, sentence
from app.formats import count_text
from app.i18n import translate
from app.location import Location
from app.look import Look
from app.views.folder_table import FolderTable
from app.views.hold import Hold
from app.widgets.toast import Toast
from engine.errors import Cancelled
from engine.paths import parent_of
from engine.types import TreeSize

_CHEAP_OBJECTS: Final = 500
_CHEAP_BYTES: Final = 64_000_000
_DRAG_ICON_PX: Final = 48


class Carrying(QObject):
    """See the module."""

    def __init__(
        self, look: Look, window: QWidget, navigator: Navigator, targets: Targets, reader: Reader, carrier: Carrier,
        exporter: Exporter, moving: Moving, table: FolderTable, hold: Hold, undo: Undo, toast: Toast,
        errors: ErrorPresenter,
    ) -> None:  # fmt: skip
        """Args: look; window; where it is; what is meant, weighed, carried, written; files; views; what tells."""
        super().__init__(window)
        self._look = look
        self._window = window
        self._navigator = navigator
        self._targets = targets
        self._reader = reader
        self._carrier = carrier
        self._exporter = exporter
        self._moving = moving
        self._table = table
        self._hold = hold
        self._undo = undo
        self._toast = toast
        self._errors = errors
        self._clashes = ClashDesk(look, window)
        self._clipboard: QClipboard = QGuiApplication.clipboard()
        self._clipboard.dataChanged.connect(self._look_at_clipboard)
        hold.dropped.connect(self.drop_objects)

    def cut(self) -> None:
        """Hold what is meant until it is pasted elsewhere, and show it paler."""
        self._targets.resolve_each(partial(self._keep, Motion.MOVE))

    def copy(self) -> None:
        """Hold what is meant for pasting; what is small is there as files for other programs too, a moment later."""
        self._targets.resolve_each(partial(self._keep, Motion.COPY))

    def paste(self) -> None:
        """Bring what was cut or copied here, or upload what another program has put into the clipboard."""
        here, kept = self._navigator.place, self._hold.kept
        if kept is None or not self._hold.is_ours(self._clipboard.mimeData()):
            self._moving.paste()
        elif here is not None:
            load, motion = kept
            load.whenever(lambda cargos: self._order(_orders(cargos, here, motion), pasted=True))

    def let_go(self) -> None:
        """Hold nothing more, in the clipboard neither: somebody else acts now, who may not even see it."""
        if self._hold.has_made(self._clipboard.mimeData()):
            self._clipboard.clear()
        self._hold.let_go()

    def duplicate(self) -> None:
        """Copy what is meant, each beside itself."""
        self._targets.resolve_each(self._duplicate)

    def drop_objects(self, load: Load, place: Location, motion: Motion) -> None:
        """Take what was dropped somewhere inside the window.

        Args:
            load: What.
            place: Where.
            motion: Whether it moves or is copied.
        """
        load.whenever(lambda cargos: self._order(_orders(cargos, place, motion)))

    def drag(self) -> None:
        """Run a drag of the selection; files are made only for other programs. What is past goes nowhere else."""
        view, count = self._table.folder_model.view, self._table.selected_count
        if view is None or not count:
            return
        load = Load(self._targets.bucket or ("" if view.is_everywhere else view.location.bucket), count)
        self._targets.resolve_each(lambda targets: load.settle(*map(_cargo, targets)))
        who = self._carrier.who
        outgoing = Outgoing(self._exporter, self._window, load, self._errors.present, view.moment)
        if not button_is_down():
            outgoing.deleteLater()
            return
        drag = QDrag(self._table)
        drag.setMimeData(DragData(self._hold.mark, outgoing))
        glyph = ("file-fill", "kind_document") if count == 1 else ("files-fill", "kind_document")
        drag.setPixmap(self._look.icons.pixmap(*glyph, _DRAG_ICON_PX, self._window.devicePixelRatioF()))
        # at the paths of what was there may be something else by now, and that nobody means
        self._hold.take(load if view.moment is None else Load("", count), view.location)
        drag.exec(Qt.DropAction.CopyAction | Qt.DropAction.MoveAction, Qt.DropAction.MoveAction)
        self._hold.put_down()
        outgoing.end(partial(self._offer_late, who))

    def _keep(self, motion: Motion, targets: Sequence[Target]) -> None:
        if not all(path for target in targets for path in target.paths):
            self._toast.say(translate("Carrying", "A whole bucket cannot be cut or copied"), kind="info")
            return
        if self._navigator.moment is not None:
            for target in targets:  # one: nothing is searched for in the past
                self._keep_past(target)
            return
        load = Load("", sum(len(target.paths) for target in targets))
        load.settle(*map(_cargo, targets))
        self._clipboard.setMimeData(clip_data(self._hold.mark, []))
        self._hold.keep(load, motion)
        if motion is Motion.MOVE:
            said = translate("Carrying", "%Ln item(s) cut: paste in another folder", None, load.count)
        else:
            said = translate("Carrying", "%Ln item(s) copied: paste in a folder", None, load.count)
        self._toast.say(said, kind="info")
        if motion is Motion.COPY and load.count <= _CHEAP_OBJECTS:
            self._weigh(load, [_cargo(target) for target in targets], TreeSize(0, 0))

    def _keep_past(self, target: Target) -> None:
        """Put files of what was into the clipboard: in the window there is nothing of it that could be carried."""
        moment, count, who = self._navigator.moment, len(target.paths), self._carrier.who
        self._toast.say(translate("Carrying", "Preparing %Ln item(s)…", None, count), kind="info")

        def made(files: list[Path]) -> None:
            said = translate("Carrying", "%Ln item(s) copied: paste in a file manager", None, count)
            self._offer(files, who, said)

        self._exporter.export(target.bucket, target.paths, made, self._errors.present, moment=moment)

    def _weigh(self, load: Load, left: Sequence[Cargo], so_far: TreeSize) -> None:
        """Make files for other programs of what was copied, if that is quickly done and still what is held."""

        def weighed(size: TreeSize) -> None:
            both = TreeSize(so_far.objects + size.objects, so_far.size_bytes + size.size_bytes)
            if both.objects <= _CHEAP_OBJECTS and both.size_bytes <= _CHEAP_BYTES and self._holds(load):
                self._weigh(load, left[1:], both)

        if left:
            self._reader.measure(left[0].bucket, left[0].paths, weighed, owner=self)
        else:
            FilesOf(self._exporter, load.cargos or (), partial(self._to_clipboard, load), self._errors.present)

    def _to_clipboard(self, load: Load, files: list[Path]) -> None:
        if self._holds(load):
            self._clipboard.setMimeData(clip_data(self._hold.mark, files))

    def _holds(self, load: Load) -> bool:
        return self._hold.kept == (load, Motion.COPY)

    def _offer_late(self, who: Identity | None, files: list[Path]) -> None:
        self._offer(files, who, translate("Carrying", "Ready: the files are in the clipboard, paste them anywhere"))

    def _offer(self, files: list[Path], who: Identity | None, said: str) -> None:
        """Put files that were asked for in a name into the clipboard, unless somebody else acts by now."""
        if self._carrier.who is who:
            self._hold.let_go()
            self._clipboard.setMimeData(clip_data(self._hold.mark, files, is_cargo=False))
            self._toast.say(said)

    def _look_at_clipboard(self) -> None:
        """Let go of what was cut or copied once another program, or another command, has put something else there."""
        data: QMimeData | None = self._clipboard.mimeData()
        if not self._hold.is_ours(data):
            self._hold.let_go()

    def _duplicate(self, targets: Sequence[Target]) -> None:
        """Copy things of each bucket at once, each into the folder that it is in."""
        for target in targets:
            folders: dict[str, list[str]] = {}
            for path in target.paths:
                folders.setdefault(parent_of(path.rstrip("/")), []).append(path)
            cargos = {Location(target.bucket, folder): tuple(paths) for folder, paths in folders.items()}
            self._order([Order(Cargo(place.bucket, paths), place, Motion.COPY) for place, paths in cargos.items()])

    def _order(self, orders: Sequence[Order], *, pasted: bool = False) -> None:
        era = self._undo.era
        kept = self._hold.kept if pasted and orders[0].motion is Motion.MOVE else None

        def carried(done: Sequence[Carried]) -> None:
            if kept is not None and self._hold.kept == kept:
                self._keep_rest([order.cargo for order in orders[len(done) :]])
            for one in done:
                self._navigator.follow_places(moved_places(one.order.cargo.bucket, one.order.place.bucket, one.folders))
            self._tell(carried_together(done), era, is_scattered=len({one.order.place for one in done}) > 1)

        OrderRun(self._carrier, self._clashes, self._errors.present, carried).begin(orders)

    def _keep_rest(self, cargos: Sequence[Cargo]) -> None:
        """Hold on to what was cut and did not come to move, so that it can be pasted once more."""
        if not cargos:
            self.let_go()
            return
        load = Load("", sum(len(cargo.paths) for cargo in cargos))
        load.settle(*cargos)
        self._hold.keep(load, Motion.MOVE)

    def _tell(self, done: Carried, era: int, *, is_scattered: bool) -> None:
        """Say what was done, with the button that takes it back, and show it where it is in sight."""
        offer = self._undo.remember(_name_of(done), done.reversal, era)
        here, order = self._navigator.place, done.order
        if done.paths and here == order.place:
            self._navigator.select_when_there(*done.paths, bucket=order.place.bucket)
        kind = "warning" if done.failures or done.ended else "success" if done.objects else "info"
        self._toast.say(_sentence_of(done, is_scattered=is_scattered), offer, kind=kind)


def _cargo(target: Target) -> Cargo:
    return Cargo(target.bucket, target.paths)


def _orders(cargos: Sequence[Cargo], place: Location, motion: Motion) -> list[Order]:
    return [Order(cargo, place, motion) for cargo in cargos]


def _name_of(done: Carried) -> str:
    """Return what was done as undo names it."""
    paths = done.order.cargo.paths
    moved = done.order.motion is Motion.MOVE
    if len(paths) == 1:
        name = paths[0].rstrip("/").rpartition("/")[2]
        text = translate("Carrying", "move of “{name}”") if moved else translate("Carrying", "copy of “{name}”")
        return text.format(name=name)
    if moved:
        return translate("Carrying", "move of %Ln item(s)", None, len(paths))
    return translate("Carrying", "copy of %Ln item(s)", None, len(paths))


def _sentence_of(done: Carried, *, is_scattered: bool) -> str:
    order = done.order
    if done.reversal is None and not done.objects and not done.failures:
        return translate("Carrying", "Nothing to do: everything stays where it is")
    if order.motion is Motion.MOVE:
        said = translate("Carrying", "Moved {what} to {place}")
    elif is_scattered:
        said = translate("Carrying", "Copied {what}, each beside itself")
    else:
        said = translate("Carrying", "Copied {what} to {place}")
    if done.failures and not done.objects and done.reversal is None:
        none = translate("Carrying", "Nothing was copied: %Ln item(s) left out ({reason})", None, len(done.failures))
        return none.format(reason=sentence(done.failures[0].error))
    what = count_text(done.objects) if done.objects else translate("Carrying", "%Ln folder(s)", None, len(done.paths))
    said = said.format(what=what, place=order.place.text.rstrip("/"))
    if isinstance(done.ended, Cancelled):
        return translate("Carrying", "Stopped: {said}").format(said=said)
    if done.ended is not None:
        return f"{said}. {sentence(done.ended)}"
    if done.failures:
        rest = translate("Carrying", "{said}; not copied: %Ln ({reason})", None, len(done.failures))
        return rest.format(said=said, reason=sentence(done.failures[0].error))
    return said
