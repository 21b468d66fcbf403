"""The outbox: what was changed, by whichever process, read in order by whoever may see it."""

from engine.outbox.reader import Outbox as Outbox
from engine.outbox.values import EventFilter as EventFilter
from engine.outbox.values import EventPage as EventPage
from engine.outbox.values import RecordedEvent as RecordedEvent
from engine.outbox.values import Wanted as Wanted
