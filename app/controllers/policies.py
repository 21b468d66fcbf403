"""The policies of a bucket: seeing, making, changing, switching and deleting them, and taking them from SQL."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QClipboard
from PySide6.QtWidgets import QWidget

from app.bridge.events import EventRelay
from app.bridge.policies import PolicyBridge
from app.bridge.tasks import Ticket
from app.controllers.access_testing import AccessTesting
from app.errors import ErrorPresenter
from app.i18n import translate
from app.look import Look
from engine.access_types import Policy, PolicyChanges, PolicySpec
from engine.types import Bucket

if TYPE_CHECKING:
    from app.dialogs.policies_dialog import PoliciesDialog
    from app.policies import PolicyRow

_LOOKS_LIKE_SQL = ("create policy", "drop policy", "--", "/*")


class PolicyControl(QObject):
    """See the module."""

    _news = Signal()

    def __init__(
        self, look: Look, window: QWidget, policies: PolicyBridge, testing: AccessTesting, clipboard: QClipboard,
        errors: ErrorPresenter,
    ) -> None:  # fmt: skip
        """Args: look; the window; what reads and acts; the tester; the clipboard; where failures go."""
        super().__init__(window)
        self._look = look
        self._window = window
        self._policies = policies
        self._testing = testing
        self._clipboard = clipboard
        self._errors = errors
        self._reading: Ticket | None = None
        self._choose = ""

    def follow(self, relay: EventRelay) -> None:
        """Keep an open list in step with what others change."""
        for signal in (relay.buckets_changed, relay.everything_changed):
            signal.connect(lambda *_: self._news.emit())

    def open(self, bucket: Bucket | None) -> None:
        """Show who may use a bucket, or every policy there is."""
        from app.dialogs.policies_dialog import PoliciesDialog  # when it is wanted: no start waits for a dialog

        dialog = PoliciesDialog(self._look, self._window, bucket)
        dialog.new_wanted.connect(lambda: self._begin(dialog, bucket))
        dialog.edit_wanted.connect(lambda policy: self._edit(dialog, bucket, policy))
        dialog.delete_wanted.connect(lambda policies: self._ask_delete(dialog, bucket, policies))
        dialog.switched.connect(lambda policy, on: self._switch(dialog, bucket, policy, on=on))
        dialog.copy_wanted.connect(lambda policies: self._copy(dialog, bucket, policies))
        dialog.paste_wanted.connect(lambda: self._paste(dialog, bucket))
        if bucket is not None:
            dialog.test_wanted.connect(lambda: self._testing.open(bucket, dialog))
        again = partial(self._load, dialog, bucket)
        self._news.connect(again)
        dialog.finished.connect(lambda _: self._news.disconnect(again))
        self._choose = ""
        self._load(dialog, bucket)
        dialog.open()

    def _load(self, dialog: PoliciesDialog, bucket: Bucket | None, choose: str = "") -> None:
        """Read the policies, for the last who asks: an older answer would show what is no more."""
        if self._reading is not None:
            self._reading.cancel()
        self._choose = choose or self._choose

        def known(rows: tuple[PolicyRow, ...]) -> None:
            dialog.show_rows(rows, self._choose)
            self._choose = ""

        self._reading = self._policies.list(bucket, known, self._errors.in_dialog(dialog), owner=dialog)

    def _again(self, dialog: PoliciesDialog, bucket: Bucket | None, choose: str = "", said: str = "") -> None:
        """Read the policies again, if the dialog is still there."""
        if dialog.is_open:
            dialog.say(said)
            self._load(dialog, bucket, choose)

    def _begin(self, dialog: PoliciesDialog, bucket: Bucket | None) -> None:
        """Begin a policy: from what is ready made where that is for a bucket."""
        if bucket is None:
            self._edit(dialog, None, None)
        else:
            self._ask_template(dialog, bucket)

    def _ask_template(self, dialog: PoliciesDialog, bucket: Bucket) -> None:
        from app.dialogs.template_dialog import TemplateDialog  # when it is wanted: no start waits for a dialog

        asked = TemplateDialog(self._look, dialog, self._policies.lexer, self._policies.templates)
        failed = self._errors.in_dialog(asked)

        def preview(template_id: str, value: str) -> None:
            self._policies.preview(
                template_id, bucket, value, lambda sql: asked.show_preview(template_id, value, sql), failed, owner=asked
            )

        def made(changes: PolicyChanges) -> None:
            asked.finish()
            self._again(dialog, bucket, changes.created[0].id if changes.created else "", _changes_text(changes))

        asked.preview_wanted.connect(preview)
        asked.submitted.connect(lambda name, value: self._policies.adopt(name, bucket, value, made, failed))
        asked.own_wanted.connect(lambda: self._edit(dialog, bucket, None))
        asked.open()

    def _edit(self, dialog: PoliciesDialog, bucket: Bucket | None, policy: Policy | None) -> None:
        from app.dialogs.policy_editor import PolicyEditor  # when it is wanted: no start waits for a dialog

        asked = PolicyEditor(self._look, dialog, self._policies.lexer, policy, everywhere=bucket is None)
        failed = self._errors.in_dialog(asked)

        def kept(made: Policy) -> None:
            asked.finish()
            self._again(dialog, bucket, made.id)

        def submit(spec: PolicySpec) -> None:
            if policy is None:
                self._policies.create(spec, bucket, kept, failed)
            else:
                self._policies.replace(policy, spec, kept, failed)

        here = None if bucket is None else bucket.name
        where = here if policy is None else policy.bucket
        asked.judge_wanted.connect(
            lambda spec: self._policies.judge(spec, where, asked.show_judgement, failed, owner=asked)
        )
        asked.submitted.connect(submit)
        asked.open()

    def _ask_delete(self, dialog: PoliciesDialog, bucket: Bucket | None, policies: list[Policy]) -> None:
        from app.dialogs.delete_dialog import DeleteDialog  # when it is wanted: no start waits for a dialog

        title = translate("PolicyControl", "Delete %Ln polic(y)?", None, len(policies))
        warning = translate(
            "PolicyControl", "It can be undone as long as the list is open. To keep a policy for later, switch it off."
        )
        names = tuple(policy.spec.name for policy in policies)
        asked = DeleteDialog(self._look, dialog, title, names, translate("PolicyControl", "Delete"), warning,
                             grave=False)  # fmt: skip
        asked.show_text(_loss(policies))
        asked.confirmed.connect(
            lambda: self._policies.delete(
                policies, partial(self._deleted, dialog, bucket), self._errors.in_dialog(dialog)
            )
        )
        asked.open()

    def _deleted(self, dialog: PoliciesDialog, bucket: Bucket | None, policies: tuple[Policy, ...]) -> None:
        """Tell what was deleted, with the button that takes it back."""
        self._again(dialog, bucket, said=translate("PolicyControl", "%Ln polic(y) deleted", None, len(policies)))
        if dialog.is_open and policies:
            dialog.offer_undo(len(policies), lambda: self._put_back(dialog, bucket, policies))

    def _put_back(self, dialog: PoliciesDialog, bucket: Bucket | None, policies: tuple[Policy, ...]) -> None:
        said = translate("PolicyControl", "%Ln polic(y) there again", None, len(policies))
        tell = self._errors.in_dialog(dialog)

        def failed(error: Exception) -> None:
            if dialog.is_open:
                dialog.offer_undo(len(policies), lambda: self._put_back(dialog, bucket, policies), again=True)
            tell(error)

        self._policies.put_back(policies, lambda made: self._again(dialog, bucket, made[0].id, said), failed)

    def _switch(self, dialog: PoliciesDialog, bucket: Bucket | None, policy: Policy, *, on: bool) -> None:
        text = translate("PolicyControl", "“{name}” is on") if on else translate("PolicyControl", "“{name}” is off")
        said = text.format(name=policy.spec.name)
        self._policies.set_enabled(
            policy, lambda _: self._again(dialog, bucket, said=said), self._errors.in_dialog(dialog), enabled=on
        )

    def _copy(self, dialog: PoliciesDialog, bucket: Bucket | None, policies: list[Policy]) -> None:
        said = translate("PolicyControl", "%Ln polic(y) copied as SQL", None, len(policies))

        def copied(sql: str) -> None:
            self._clipboard.setText(sql)
            dialog.say(said)

        self._policies.sql(policies, copied, self._errors.in_dialog(dialog), owner=dialog)

    def _paste(self, dialog: PoliciesDialog, bucket: Bucket | None) -> None:
        from app.dialogs.paste_sql_dialog import PasteSqlDialog  # when it is wanted: no start waits for a dialog
        from app.policies import flaw_of  # with the first policy that is looked at

        text = self._clipboard.text()
        text = text if text.strip().lower().startswith(_LOOKS_LIKE_SQL) else ""
        asked = PasteSqlDialog(self._look, dialog, self._policies.lexer, text)
        in_dialog = self._errors.in_dialog(asked)

        def done(changes: PolicyChanges) -> None:
            asked.finish()
            self._again(dialog, bucket, changes.created[0].id if changes.created else "", _changes_text(changes))

        def failed(error: Exception) -> None:
            flaw = flaw_of(error)
            if flaw is not None and asked.is_open:
                asked.refuse(flaw.reason, flaw)
            else:
                in_dialog(error)

        asked.read_wanted.connect(
            lambda sql: self._policies.read(sql, bucket, asked.show_script, in_dialog, owner=asked)
        )
        asked.submitted.connect(lambda sql: self._policies.apply(sql, done, failed))
        asked.open()


def _changes_text(changes: PolicyChanges) -> str:
    made = translate("PolicyControl", "%Ln polic(y) added", None, len(changes.created))
    if not changes.dropped:
        return made
    return f"{made}, {translate('PolicyControl', '%Ln deleted', None, len(changes.dropped))}"


def _loss(policies: list[Policy]) -> str:
    """Return what it means to delete these."""
    if all(policy.spec.permissive for policy in policies):
        text = translate("PolicyControl", "Whoever is let in by nothing else can't use the bucket any more.")
    elif not any(policy.spec.permissive for policy in policies):
        text = translate("PolicyControl", "Whoever was held back by nothing else may do more than before.")
    else:
        text = translate("PolicyControl", "Some may do less than before, some more.")
    if any(policy.bucket is None for policy in policies):
        text = f"{text} {translate('PolicyControl', 'This concerns all buckets.')}"
    return text
