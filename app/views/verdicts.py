"""The answer to a question about access: yes or no in one line, and what each policy said to it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.i18n import translate
from app.look import Look, announce, label, restyle
from app.models.policies import marks_of
from app.policies import PolicyRow, command_text
from app.widgets.code_edit import CodeEdit, Mark
from app.widgets.glyph import Glyph
from app.widgets.highlighter import Lexer
from engine.access_types import Explanation, PolicyVerdict

_GLYPH_PX: Final = 28
_LINES: Final = (1, 8)


class Answer(QWidget):
    """See the module."""

    def __init__(self, look: Look, lexer: Lexer, *, public: bool) -> None:
        """Args: look; what cuts expressions into tokens; whether the bucket's public flag opens reading besides."""
        super().__init__()
        self._look = look
        self._lexer = lexer
        self._glyph = Glyph(look, "scales", "faint", _GLYPH_PX)
        self.verdict = label(size="hero")
        self.reason = label(wrap=True, selectable=True)
        self.remark = label(tone="muted", wrap=True)
        self.verdicts: list[VerdictCard] = []
        self._column = QVBoxLayout()
        self._lay_out(public=public)
        self.say("")

    def say(self, text: str) -> None:
        """Show no answer, and why."""
        self._box.setProperty("tone", "none")
        self.remark.hide()
        self._head(translate("Answer", "No answer yet"), text, "scales", "faint", "none")
        self._show_cards(())

    def show_explanation(self, explanation: Explanation, remark: str = "") -> None:
        """Show an answer, and what is to be known about it."""
        self.remark.setText(remark)
        self.remark.setVisible(bool(remark))
        allowed = explanation.allowed
        title = translate("Answer", "Allowed") if allowed else translate("Answer", "Denied")
        glyph, tone = ("check-circle-fill", "success") if allowed else ("prohibit", "danger")
        before = self._box.accessibleName()
        self._head(title, explanation.reason, glyph, tone, tone)
        if self._box.accessibleName() != before:
            announce(self._box, self._box.accessibleName())
        self._show_cards(explanation.verdicts)

    def _head(self, title: str, reason: str, glyph: str, glyph_tone: str, tone: str) -> None:
        self._glyph.set_glyph(glyph, glyph_tone)
        self.verdict.setText(title)
        restyle(self.verdict, tone=glyph_tone)
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))
        restyle(self._box, tone=tone)
        self._box.setAccessibleName(f"{title}. {reason}")

    def _lay_out(self, *, public: bool) -> None:
        space = self._look.theme.space
        self._box = QFrame()
        self._box.setProperty("place", "answer")
        row = QHBoxLayout(self._box)
        row.setContentsMargins(space("l"), space("m"), space("l"), space("m"))
        row.setSpacing(space("m"))
        row.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignTop)
        texts = QVBoxLayout()
        texts.setSpacing(space("xs"))
        for part in (self.verdict, self.reason):
            texts.addWidget(part)
        row.addLayout(texts, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space("m"))
        column.addWidget(self._box)
        self.notice = label(
            translate("Answer", "The bucket is public: whoever has an object's address can read it in any case."),
            tone="warning",
            wrap=True,
        )
        self.notice.setVisible(public)
        column.addWidget(self.notice)
        column.addWidget(self.remark)
        self._caption = label(size="section")
        column.addWidget(self._caption)
        column.addWidget(self._make_scroll(), 1)

    def _make_scroll(self) -> QScrollArea:
        scroll = QScrollArea()
        scroll.setProperty("place", "verdicts")
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # there may be more than the window shows, and keys scroll it
        scroll.setAccessibleName(translate("Answer", "What each policy says"))
        holder = QWidget()
        holder.setProperty("place", "window")
        outer = QVBoxLayout(holder)
        outer.setContentsMargins(0, 0, self._look.theme.space("xs"), 0)
        self._column.setSpacing(self._look.theme.space("s"))
        outer.addLayout(self._column)
        outer.addStretch()
        scroll.setWidget(holder)
        return scroll

    def _show_cards(self, verdicts: tuple[PolicyVerdict, ...]) -> None:
        for card in self.verdicts:
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.verdicts = [VerdictCard(self._look, self._lexer, verdict) for verdict in verdicts]
        for card in self.verdicts:
            self._column.addWidget(card)
        applying = sum(verdict.applies for verdict in verdicts)
        text = translate("Answer", "Policies that apply: %Ln", None, applying) if verdicts else ""
        self._caption.setText(text)


class VerdictCard(QFrame):
    """What one policy says."""

    def __init__(self, look: Look, lexer: Lexer, verdict: PolicyVerdict) -> None:
        """Args: look; what cuts expressions into tokens; what it says."""
        super().__init__()
        self.verdict = verdict
        self.setProperty("place", "card")
        space = look.theme.space
        column = QVBoxLayout(self)
        column.setContentsMargins(space("m"), space("s"), space("m"), space("m") if verdict.applies else space("s"))
        column.setSpacing(space("s"))
        column.addLayout(self._make_head(look))
        self.code: CodeEdit | None = None
        text = _clause_text(verdict)
        if verdict.applies and text:
            self.code = self._make_code(look, lexer, text)
            column.addWidget(self.code)
        values = [f"{culprit.text} → {culprit.value}" for culprit in verdict.culprits]
        if values and verdict.applies:
            column.addWidget(label("\n".join(values), size="caption", tone="muted", wrap=True, selectable=True))
        self.setAccessibleName(f"{verdict.policy.spec.name}: {self.outcome}")

    @property
    def outcome(self) -> str:
        """Return what came of it, in a few words."""
        verdict = self.verdict
        if not verdict.policy.enabled:
            return translate("VerdictCard", "Off")
        if not verdict.applies:
            words = ", ".join(text for text, _ in marks_of(PolicyRow(verdict.policy, ""))[:2])
            return translate("VerdictCard", "Only for: {words}").format(words=words)
        if verdict.policy.spec.permissive:
            return (
                translate("VerdictCard", "Lets in") if verdict.result else translate("VerdictCard", "Does not let in")
            )
        return translate("VerdictCard", "Agrees") if verdict.result else translate("VerdictCard", "Holds back")

    def _make_head(self, look: Look) -> QHBoxLayout:
        verdict = self.verdict
        glyph, tone = ("minus-circle", "faint")
        if verdict.applies:
            glyph, tone = ("check-circle-fill", "success") if verdict.result else ("x-circle-fill", "danger")
        row = QHBoxLayout()
        row.setSpacing(look.theme.space("s"))
        top = Qt.AlignmentFlag.AlignTop
        row.addWidget(Glyph(look, glyph, tone, look.theme.size("icon")), 0, top)
        name = label(verdict.policy.spec.name, tone="" if verdict.applies else "muted", wrap=True)
        name.setFont(look.theme.font(bold=verdict.applies))
        row.addWidget(name, 1)
        if verdict.applies:  # to change or delete something, one must be let read it as well
            row.addWidget(_badge(command_text(verdict.policy.spec.command), ""), 0, top)
            row.addWidget(_badge(verdict.clause, ""), 0, top)
        if verdict.at_target:
            row.addWidget(_badge(translate("VerdictCard", "At the target"), ""), 0, top)
        row.addWidget(_badge(self.outcome, tone if verdict.applies else ""), 0, top)
        return row

    def _make_code(self, look: Look, lexer: Lexer, text: str) -> CodeEdit:
        name = f"{self.verdict.policy.spec.name}, {self.verdict.clause}"
        code = CodeEdit(look, name, lexer, _LINES)
        code.set_read_only()
        code.setPlainText(text)
        tone = "success" if self.verdict.result else "danger"
        code.mark([Mark(culprit.start, culprit.length, tone) for culprit in self.verdict.culprits])
        return code


def _clause_text(verdict: PolicyVerdict) -> str:
    """Return the condition that was asked: where WITH CHECK is not written, USING counts for it."""
    spec = verdict.policy.spec
    if verdict.clause == "WITH CHECK":
        return spec.check or spec.using or ""
    return spec.using or ""


def _badge(text: str, tone: str) -> QLabel:
    badge = label(text, tone=tone)
    badge.setProperty("place", "badge")
    return badge
