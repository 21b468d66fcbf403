"""Sentences about what was done that several controllers say."""

from __future__ import annotations

from app.bridge.trash import Restored
from app.formats import count_text
from app.i18n import translate
from app.widgets.toast import Toast


def tell_restored(toast: Toast, restored: Restored) -> None:
    """Say what came back and, if so, what could not because something else stands there."""
    if not restored.taken:
        toast.say(translate("Telling", "{what} restored").format(what=count_text(restored.objects)))
        return
    taken = translate("Telling", "{what} restored. Still in the trash, because something else is at {path}: {left}")
    text = taken.format(what=count_text(restored.objects), path=restored.taken[0], left=count_text(len(restored.taken)))
    toast.say(text, kind="warning")
