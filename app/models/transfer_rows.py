"""One job of the transfers list with every text ready made, so that a repaint computes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.formats import number_text, size_text
from app.i18n import translate
from engine.errors import Unauthorized
from engine.transfers import JobKind, JobSnapshot, JobState, QueueSummary, printable

_MINUTE_S: Final = 60
_HOUR_S: Final = 3600
_SEPARATOR: Final = " · "


class RowAction(StrEnum):
    """What can be done with a job."""

    CANCEL = "cancel"
    RETRY = "retry"
    NOTES = "notes"
    SHOW = "show"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class TransferRow:
    """A job as the list shows it.

    Attributes:
        id: Number of the job.
        job: What the row was made of.
        title: What is moved where to.
        detail: How far it is, or how it ended.
        tone: Colour token of the detail.
        icon: Glyph of the direction or the outcome.
        icon_tone: Its colour token.
        fraction: Of the progress bar, 0.0 to 1.0; None shows no bar.
        bar_tone: Colour token of the bar.
        actions: What can be done, in the order of their buttons.
        spoken: Everything in one sentence, for screen readers.
    """

    id: int
    job: JobSnapshot
    title: str
    detail: str
    tone: str
    icon: str
    icon_tone: str
    fraction: float | None
    bar_tone: str
    actions: tuple[RowAction, ...]
    spoken: str


def row_of(job: JobSnapshot) -> TransferRow:
    """Return the row of a job."""
    title, detail = title_of(job), detail_of(job)
    icon, icon_tone = _icon_of(job)
    fraction = None if job.state.ended else job.fraction
    percent = (
        "" if fraction is None else translate("Transfers", "{percent} percent").format(percent=int(fraction * 100))
    )
    return TransferRow(
        id=job.id,
        job=job,
        title=title,
        detail=detail,
        tone=_tone_of(job),
        icon=icon,
        icon_tone=icon_tone,
        fraction=fraction,
        bar_tone="warning" if job.state is JobState.WAITING else "accent",
        actions=_actions_of(job),
        spoken=". ".join(filter(None, (title, detail.replace(_SEPARATOR, ", "), percent))),
    )


def title_of(job: JobSnapshot) -> str:
    """Return what a job moves and where to: "Upload 3 items to photos/2024"."""
    if job.item_count == 1:
        what = translate("Transfers", "“{name}”").format(name=job.names[0])
    else:
        what = translate("Transfers", "%Ln item(s)", None, job.item_count)
    if job.kind is JobKind.UPLOAD:
        place = f"{job.bucket}/{job.prefix}".rstrip("/")
        return translate("Transfers", "Upload {what} to {place}").format(what=what, place=place)
    place = printable(job.target_dir.name or str(job.target_dir)) if job.target_dir else ""
    return translate("Transfers", "Download {what} to {place}").format(what=what, place=place)


def detail_of(job: JobSnapshot) -> str:
    """Return how far a job is, or how it ended."""
    match job.state:
        case JobState.QUEUED:
            return translate("Transfers", "Waiting for its turn")
        case JobState.RUNNING:
            return _running(job)
        case JobState.FINALISING:
            return _join(size_text(job.done_bytes), translate("Transfers", "finalising: making it safe on the disk"))
        case JobState.WAITING:
            return _join(_questions(job), _moved(job))
        case JobState.CANCELLING:
            return translate("Transfers", "Cancelling…")
        case JobState.CANCELLED:
            return translate("Transfers", "Cancelled")
        case JobState.DONE:
            return _join(_moved(job) or translate("Transfers", "Done"), _left_out(job))
        case JobState.DONE_WITH_FAILURES:
            return _join(_failed(job), _left_out(job), _moved(job))
        case JobState.FAILED:
            return _error(job) or _join(_failed(job), _left_out(job))


def summary_text(summary: QueueSummary) -> str:
    """Return all jobs in one short line, empty when there is nothing to say.

    Args:
        summary: As the bridge tells it.
    """
    if summary.running or summary.queued:
        return _join(
            translate("Transfers", "%Ln transfer(s)", None, summary.active),
            translate("Transfers", "{done} of {total}").format(
                done=size_text(summary.done_bytes), total=size_text(summary.total_bytes)
            ),
            speed_text(summary.speed_bytes_per_s),
            time_left_text(summary.time_left_s),
        )
    if summary.waiting:
        return translate("Transfers", "%Ln transfer(s) waiting for your answer", None, summary.waiting)
    if summary.failed:
        return translate("Transfers", "%Ln transfer(s) failed", None, summary.failed)
    if summary.cancelled:
        return translate("Transfers", "%Ln transfer(s) cancelled", None, summary.cancelled)
    return translate("Transfers", "All transfers are done") if summary.ended else ""


def speed_text(speed_bytes_per_s: float | None) -> str:
    """Return "84.0 MB/s", or nothing when nothing moves."""
    if not speed_bytes_per_s:
        return ""
    return translate("Transfers", "{size}/s").format(size=size_text(int(speed_bytes_per_s)))


def time_left_text(time_left_s: float | None) -> str:
    """Return "5 s left", "12 min left", "1 h 5 min left", or nothing when unknown."""
    if time_left_s is None:
        return ""
    seconds = max(1, round(time_left_s))
    if seconds < _MINUTE_S:
        return translate("Transfers", "{seconds} s left").format(seconds=seconds)
    minutes = round(seconds / _MINUTE_S)
    if seconds < _HOUR_S:
        return translate("Transfers", "{minutes} min left").format(minutes=minutes)
    hours, minutes = divmod(minutes, 60)
    return translate("Transfers", "{hours} h {minutes} min left").format(hours=hours, minutes=minutes)


def action_text(action: RowAction, job: JobSnapshot) -> str:
    """Return what an action is called in a menu and to a screen reader."""
    resumes = job.state is JobState.CANCELLED
    return {
        RowAction.CANCEL: translate("Transfers", "Cancel"),
        RowAction.RETRY: translate("Transfers", "Resume") if resumes else translate("Transfers", "Retry"),
        RowAction.NOTES: translate("Transfers", "Show what was not transferred"),
        RowAction.SHOW: translate("Transfers", "Show the folder"),
        RowAction.REMOVE: translate("Transfers", "Remove from the list"),
    }[action]


def action_icon(action: RowAction) -> str:
    """Return the glyph of an action."""
    return {
        RowAction.CANCEL: "x-circle",
        RowAction.RETRY: "arrow-clockwise",
        RowAction.NOTES: "list-bullets",
        RowAction.SHOW: "folder-open",
        RowAction.REMOVE: "x",
    }[action]


def _running(job: JobSnapshot) -> str:
    files = ""
    if job.total_files > 1 or job.counting:
        known = f"{number_text(job.total_files)}+" if job.counting else number_text(job.total_files)
        files = translate("Transfers", "{done} of {total} files").format(done=number_text(job.done_files), total=known)
    sizes = translate("Transfers", "{done} of {total}").format(
        done=size_text(job.done_bytes), total=size_text(job.total_bytes)
    )
    return _join(
        files,
        sizes,
        speed_text(job.speed_bytes_per_s),
        time_left_text(job.time_left_s),
        _questions(job),
        _failed(job),
    )


def _questions(job: JobSnapshot) -> str:
    if not job.questions:
        return ""
    return translate("Transfers", "%Ln name(s) taken: waiting for your answer", None, job.questions)


def _moved(job: JobSnapshot) -> str:
    if not job.done_files:
        return ""
    return _join(translate("Transfers", "%Ln file(s) transferred", None, job.done_files), size_text(job.done_bytes))


def _failed(job: JobSnapshot) -> str:
    if not job.failed:
        return ""
    alone = job.failed == 1 and job.state.ended
    return _join(translate("Transfers", "%Ln failed", None, job.failed), job.reason if alone else "")


def _left_out(job: JobSnapshot) -> str:
    return translate("Transfers", "%Ln skipped", None, job.left_out) if job.left_out else ""


def _error(job: JobSnapshot) -> str:
    if job.error is None:
        return ""
    if isinstance(job.error, Unauthorized):
        return translate("Transfers", "Policies do not allow this")
    text = str(job.error)
    return f"{text.rstrip('.')}. {job.error.hint}" if job.error.hint else text


def _join(*parts: str) -> str:
    return _SEPARATOR.join(part for part in parts if part)


def _tone_of(job: JobSnapshot) -> str:
    if job.state in (JobState.FAILED, JobState.DONE_WITH_FAILURES):
        return "danger"
    return "warning" if job.state is JobState.WAITING else "muted"


def _icon_of(job: JobSnapshot) -> tuple[str, str]:
    match job.state:
        case JobState.DONE:
            return "check-bold", "success"
        case JobState.FAILED | JobState.DONE_WITH_FAILURES:
            return "warning-bold", "danger"
        case JobState.WAITING:
            return "question-bold", "warning"
        case JobState.CANCELLED | JobState.CANCELLING:
            return "prohibit-bold", "muted"
        case _:
            return ("arrow-up-bold" if job.kind is JobKind.UPLOAD else "arrow-down-bold"), "accent"


def _actions_of(job: JobSnapshot) -> tuple[RowAction, ...]:
    wanted = (
        (RowAction.NOTES, bool(job.failed or job.left_out)),
        (RowAction.RETRY, job.state.retryable),
        (RowAction.SHOW, job.state in (JobState.DONE, JobState.DONE_WITH_FAILURES)),
        (RowAction.CANCEL, not job.state.ended and job.state is not JobState.CANCELLING),
        (RowAction.REMOVE, job.state.ended),
    )
    return tuple(action for action, offered in wanted if offered)
