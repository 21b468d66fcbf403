"""A bucket's name and settings, for a new one and for one that exists."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QSpinBox, QWidget

from app.bridge.operations import WINDOW_RETENTION, WINDOW_TEMPLATE, BucketDraft
from app.delegates.name_editor import NameCheck
from app.dialogs.base import SPIN_MARGINS, Dialog
from app.dialogs.retention_form import RetentionForm
from app.formats import full_time_text
from app.i18n import translate
from app.look import Look, label
from app.widgets.form import Field
from engine.access_types import PolicyTemplate
from engine.types import Bucket

_MB_BYTES = 1_000_000
_MB_MAX = 1_000_000
_MIME = re.compile(r"[A-Za-z0-9][\w!#$&^.+-]*/(\*|[\w!#$&^.+-]+)")


class BucketDialog(Dialog):
    """Stays open until the engine has agreed, so that a refusal stands beside the name.

    Signals:
        submitted: Carries a `BucketDraft`.
    """

    submitted = Signal(object)

    def __init__(
        self, look: Look, parent: QWidget, check: NameCheck, bucket: Bucket | None = None,
        templates: Sequence[PolicyTemplate] = (),
    ) -> None:  # fmt: skip
        """Make the form.

        Args:
            look: Look.
            parent: The window.
            check: What is wrong with a name, if anything.
            bucket: The bucket, or None for a new one.
            templates: Ready-made policies that a new one may begin with.
        """
        new = bucket is None
        title = translate("BucketDialog", "New bucket") if new else translate("BucketDialog", "Bucket settings")
        super().__init__(look, parent, title, 600)
        self._check = check
        self._exact_limit = bucket.file_size_limit_bytes if bucket else None
        self.name = QLineEdit()
        self.name.setPlaceholderText(translate("BucketDialog", "holiday-photos"))
        self.public = QCheckBox(translate("BucketDialog", "&Public: anybody with the address can read its objects"))
        self.public.setAccessibleName(translate("BucketDialog", "Public"))
        self.limited = QCheckBox(translate("BucketDialog", "&Limit the size of an object to"))
        self.limited.setAccessibleName(translate("BucketDialog", "Limit the size of an object"))
        self.limit_mb = QSpinBox()
        self.limit_mb.setRange(1, _MB_MAX)
        self.limit_mb.setValue(50)
        self.limit_mb.lineEdit().setTextMargins(*SPIN_MARGINS)
        self.limit_mb.setSuffix(" MB")
        self.limit_mb.setGroupSeparatorShown(True)
        self.limit_mb.setAccessibleName(translate("BucketDialog", "Largest size in megabytes"))
        self.types = QLineEdit()
        self.types.setPlaceholderText("image/*, application/pdf")
        self.name_field = Field(translate("BucketDialog", "&Name"), self.name)
        self.types_field = Field(
            translate("BucketDialog", "&Allowed types"),
            self.types,
            translate("BucketDialog", "MIME types with commas between them. Empty: anything."),
        )
        self.keeps = RetentionForm(look, bucket.retention if bucket else WINDOW_RETENTION)
        self.access = QComboBox()
        self.access_field = Field(translate("BucketDialog", "Access for &others"), self.access)
        self._fill_access(templates)
        self._lay_out(bucket)
        self.add_cancel()
        self.save = self.add_button(
            translate("BucketDialog", "Create") if new else translate("BucketDialog", "Save"), "primary"
        )
        self.save.setDefault(True)
        self.save.clicked.connect(self._submit)
        self._fill(bucket)
        self._judge()
        self.name_field.refuse("")
        for signal in (self.name.textChanged, self.types.textChanged):
            signal.connect(self._judge)
        self.limited.toggled.connect(self.limit_mb.setEnabled)
        self.name.setFocus()

    def refuse(self, reason: str) -> None:
        """Show why the engine did not agree, and let the person change the entry."""
        self.name_field.refuse(reason)
        self.save.setEnabled(True)
        self.name.setFocus()

    def draft(self) -> BucketDraft:
        """Return what the form says."""
        return BucketDraft(
            name=self.name.text().strip(),
            public=self.public.isChecked(),
            file_size_limit_bytes=self._limit_bytes() if self.limited.isChecked() else None,
            allowed_mime_types=self._mime_types(),
            retention=self.keeps.retention,
            template=self.access.currentData().id if self.access.currentData() else "",
        )

    def _lay_out(self, bucket: Bucket | None) -> None:
        self.body.addWidget(self.name_field)
        self.body.addWidget(self.access_field)
        self.access_field.setVisible(self.access.count() > 1)
        self.body.addWidget(self.public)
        row = QHBoxLayout()
        row.setSpacing(self.look.theme.space("s"))
        row.addWidget(self.limited)
        row.addWidget(self.limit_mb)
        row.addStretch()
        self.body.addLayout(row)
        self.body.addWidget(self.types_field)
        self.body.addWidget(self.keeps)
        if bucket is not None:
            made = translate("BucketDialog", "Created {time}").format(time=full_time_text(bucket.created_at))
            self.body.addWidget(label(f"{made}\nID {bucket.id}", size="caption", tone="muted", selectable=True))

    def _fill_access(self, templates: Sequence[PolicyTemplate]) -> None:
        """Offer what needs nothing filled in; the rest is chosen among the policies later."""
        self.access.addItem(translate("BucketDialog", "None: it is for you alone"), None)
        for template in templates:
            if template.needs_value is None:
                self.access.addItem(template.title, template)
            if template.id == WINDOW_TEMPLATE:
                self.access.setCurrentIndex(self.access.count() - 1)
        self.access.currentIndexChanged.connect(self._explain_access)
        self._explain_access()

    def _explain_access(self) -> None:
        template = self.access.currentData()
        later = translate("BucketDialog", "“Access policies” in the bucket's menu can change that at any time.")
        self.access_field.explain(f"{template.sentence}. {later}" if template else later)

    def _fill(self, bucket: Bucket | None) -> None:
        limit = bucket.file_size_limit_bytes if bucket else None
        if bucket is not None:
            self.name.setText(bucket.name)
            self.public.setChecked(bucket.public)
            self.types.setText(", ".join(bucket.allowed_mime_types))
        if limit is not None:
            self.limit_mb.setValue(_shown_mb(limit))
        self.limited.setChecked(limit is not None)
        self.limit_mb.setEnabled(limit is not None)

    def _limit_bytes(self) -> int:
        """Return the limit; one that was set elsewhere to the byte and not touched here stays exact."""
        exact = self._exact_limit
        untouched = exact is not None and self.limit_mb.value() == _shown_mb(exact)
        return exact if exact is not None and untouched else self.limit_mb.value() * _MB_BYTES

    def _mime_types(self) -> tuple[str, ...]:
        return tuple(part for part in re.split(r"[\s,;]+", self.types.text().strip()) if part)

    def _judge(self) -> None:
        name = self.name.text().strip()
        name_problem = self._check(name)
        self.name_field.refuse((name_problem or "") if name else "")
        wrong = next((part for part in self._mime_types() if not _MIME.fullmatch(part)), None)
        reason = translate("BucketDialog", "“{type}” is not a MIME type such as image/png or image/*.")
        self.types_field.refuse(reason.format(type=wrong) if wrong else "")
        self.save.setEnabled(name_problem is None and wrong is None)

    def _submit(self) -> None:
        self.save.setEnabled(False)
        self.submitted.emit(self.draft())


def _shown_mb(limit_bytes: int) -> int:
    return max(round(limit_bytes / _MB_BYTES), 1)
