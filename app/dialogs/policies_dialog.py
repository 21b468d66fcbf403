"""The policies that count for a bucket, or all there are: what each means, if it is on, what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedLayout, QWidget

from app.dialogs.base import Dialog
from app.i18n import translate
from app.look import Look, announce, label
from app.models.policies import PolicyModel
from app.policies import PolicyRow
from app.views.policy_list import PolicyList
from app.widgets.empty_state import EmptyState
from app.widgets.notice import Notice
from engine.access_types import Policy
from engine.types import Bucket

_SIZE = (880, 620)


class PoliciesDialog(Dialog):
    """Asks for what is to be done; decides nothing.

    Signals:
        new_wanted: Another policy.
        edit_wanted: Carries the one chosen `Policy`.
        delete_wanted: Carries the chosen policies.
        switched: Carries a policy and whether it shall be on.
        copy_wanted: Carries the policies to be copied as SQL.
        paste_wanted: Policies shall come from SQL.
        test_wanted: Who may do what shall be tried.
    """

    new_wanted = Signal()
    edit_wanted = Signal(object)
    delete_wanted = Signal(list)
    switched = Signal(object, bool)
    copy_wanted = Signal(list)
    paste_wanted = Signal()
    test_wanted = Signal()

    def __init__(self, look: Look, parent: QWidget, bucket: Bucket | None) -> None:
        """Args: look; the window; whose policies, or None for all."""
        title = translate("PoliciesDialog", "Policies of all buckets")
        if bucket is not None:
            title = translate("PoliciesDialog", "Who may use {bucket}").format(bucket=bucket.name)
        super().__init__(look, parent, title, 760)
        self._is_loading = False
        self._all: tuple[PolicyRow, ...] = ()
        self._model = PolicyModel(self)
        self.notice = Notice(look)
        self.notice.setProperty("tone", "danger")
        self.list = PolicyList(look, self._model)
        self.new = look.push_button(translate("PoliciesDialog", "&New policy…"), "primary", "plus")
        self.edit = look.push_button(translate("PoliciesDialog", "&Edit…"))
        self.delete = look.push_button(translate("PoliciesDialog", "&Delete…"))
        self.copy = look.push_button(translate("PoliciesDialog", "&Copy as SQL"))
        self.paste = look.push_button(translate("PoliciesDialog", "&Paste SQL…"))
        self.said = label(tone="muted")
        self.undo = look.push_button("", "link")
        self.undo.setAutoDefault(False)
        self._deletions: list[tuple[int, Callable[[], None]]] = []
        self._pages = QStackedLayout()
        self.nothing = self._make_nothing(bucket)
        self._lay_out(bucket)
        self.test = self.add_aside(translate("PoliciesDialog", "&Test access…"), "scales")
        self.test.setVisible(bucket is not None)
        self._buttons.insertWidget(1, self.said)
        self._buttons.insertWidget(2, self.undo)
        self.add_close().setDefault(False)
        self._connect()
        self.undo.hide()
        self.say("")
        self._judge()
        self.resize(*_SIZE)
        self.list.setFocus()

    def show_rows(self, rows: Sequence[PolicyRow], choose: str = "") -> None:
        """Show the policies; the one with the id `choose` is chosen, if any."""
        self._all = tuple(rows)
        focused: QWidget | None = self.focusWidget()
        had_keys = focused is not None and self.nothing.isAncestorOf(focused)
        self._is_loading = True
        self.list.show_rows(rows, choose)
        self._is_loading = False
        self._pages.setCurrentWidget(self.list if rows else self.nothing)
        if choose or had_keys:
            self.list.setFocus()
        self._judge()

    def say(self, text: str) -> None:
        """Tell that something was done."""
        self.notice.say("")
        self.said.setText(text)
        announce(self.said, text)

    def offer_undo(self, number: int, take_back: Callable[[], None], *, again: bool = False) -> None:
        """Offer to bring back what was deleted, the last deletion first, as long as it is not back.

        Args:
            number: How many policies that was.
            take_back: Brings them back.
            again: It could not be done before: what was deleted since comes first.
        """
        self._deletions.insert(0 if again else len(self._deletions), (number, take_back))
        self._show_undo()

    def refuse(self, reason: str) -> None:
        """Say why something could not be done."""
        self.say("")
        self.notice.say(reason)
        self._judge()

    def _make_nothing(self, bucket: Bucket | None) -> EmptyState:
        action = QAction(translate("PoliciesDialog", "&New policy…"), self)
        action.setProperty("glyph", "plus")
        action.triggered.connect(self.new_wanted)
        title = translate("PoliciesDialog", "Only you can use this bucket")
        text = translate("PoliciesDialog", "Nobody else sees it without the service key or a signed link, until a "
                         "policy lets them in. Choose one that is ready made, write your own, or paste those of a "
                         "Supabase project.")  # fmt: skip
        if bucket is None:
            title = translate("PoliciesDialog", "There are no policies yet")
            text = translate("PoliciesDialog", "Nobody but you sees anything without the service key or a signed link, "
                             "but for the objects of public buckets. Write a policy, paste those of a Supabase "
                             "project, or choose a ready-made one in “Access policies” of a bucket.")  # fmt: skip
        elif bucket.public:
            title = translate("PoliciesDialog", "Others can read, and nothing else")
            text = translate("PoliciesDialog", "The bucket is public: whoever has an object's address can read it. "
                             "For more than that, a policy must let them in.")  # fmt: skip
        return EmptyState(self.look, "lock-key", title, text, (action,))

    def _lay_out(self, bucket: Bucket | None) -> None:
        self.body.addWidget(label(_explained(bucket), tone="muted", wrap=True))
        row = QHBoxLayout()
        row.setSpacing(self.look.theme.space("s"))
        for button in (self.new, self.edit, self.delete, self.copy, self.paste):
            button.setAutoDefault(False)
            row.addWidget(button)
            if button is self.delete:
                row.addStretch()
        self.body.addLayout(row)
        self.body.addWidget(self.notice)
        holder = QWidget()
        holder.setLayout(self._pages)
        self._pages.addWidget(self.list)
        self._pages.addWidget(self.nothing)
        self.body.addWidget(holder, 1)
        self._column.setStretchFactor(self.body, 1)

    def _connect(self) -> None:
        self._model.switched.connect(self.switched)
        self.list.selectionModel().selectionChanged.connect(self._chosen_anew)
        self.list.opened.connect(self._edit)
        self.list.delete_wanted.connect(self.delete.click)
        self.list.copy_wanted.connect(self.copy.click)
        self.list.paste_wanted.connect(self.paste_wanted)
        self.list.menu_wanted.connect(self._show_menu)
        self.new.clicked.connect(self.new_wanted)
        self.edit.clicked.connect(self._edit)
        self.delete.clicked.connect(lambda: self.delete_wanted.emit(self.list.chosen))
        self.copy.clicked.connect(lambda: self.copy_wanted.emit(self.list.chosen or self._everything()))
        self.paste.clicked.connect(self.paste_wanted)
        self.test.clicked.connect(self.test_wanted)
        self.undo.clicked.connect(self._undo)

    def _chosen_anew(self) -> None:
        if not self._is_loading:  # what was said is about what was done, and reading it again changes the choice
            self.notice.say("")
            if not self._deletions:
                self.said.clear()
        self._judge()

    def _judge(self) -> None:
        chosen = len(self.list.chosen)
        self.edit.setEnabled(chosen == 1)
        self.delete.setEnabled(chosen > 0)
        for button in (self.new, self.edit, self.delete, self.copy):
            button.setVisible(bool(self._all))  # where there is nothing yet, there is one thing to do

    def _undo(self) -> None:
        _, take_back = self._deletions.pop()
        self._show_undo()
        self.say("")
        self.list.setFocus()
        take_back()

    def _show_undo(self) -> None:
        """Say on the button itself what it does: other sentences come to stand beside it."""
        self.undo.setVisible(bool(self._deletions))
        if self._deletions:
            self.undo.setText(translate("PoliciesDialog", "&Bring %Ln polic(y) back", None, self._deletions[-1][0]))

    def _edit(self) -> None:
        chosen = self.list.chosen
        if len(chosen) == 1:
            self.edit_wanted.emit(chosen[0])

    def _everything(self) -> list[Policy]:
        return [row.policy for row in self._all]

    def _show_menu(self, position: QPoint) -> None:
        menu = QMenu(self)
        for button in (self.edit, self.delete, self.copy):
            menu.addAction(button.text(), button.click).setEnabled(button.isEnabled())
        all_of_them = menu.addAction(translate("PoliciesDialog", "Copy &all as SQL"))
        all_of_them.triggered.connect(lambda: self.copy_wanted.emit(self._everything()))
        all_of_them.setEnabled(bool(self._all))
        menu.addSeparator()
        menu.addAction(self.new.text().strip(), self.new.click)
        menu.addAction(self.paste.text(), self.paste.click)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(position)


def _explained(bucket: Bucket | None) -> str:
    if bucket is None:
        return translate("PoliciesDialog", "Those about buckets and those that count in all of them come first, then "
                         "those of each bucket. Others than you and the service role may do what a policy that is on "
                         "allows, and nothing else.")  # fmt: skip
    text = translate("PoliciesDialog", "You may do everything here, and so may the service role. Others may do what a "
                     "policy that is on allows, and nothing else.")  # fmt: skip
    if not bucket.public:
        return text
    public = translate("PoliciesDialog", "The bucket is public: its objects can be read by their addresses whatever "
                       "the policies say.")  # fmt: skip
    return f"{text} {public}"
