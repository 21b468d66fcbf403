"""The audit: who did what, allowed or not, from where; each entry chained to the one before it.

`Audit` is the door: it writes, reads, verifies and exports. `entries` says what a row is, `chain` how each follows from
the one before, `gathering` keeps what has no transaction of its own until it is written, `queries` finds, `export`
writes files, `retention` removes what is old, `recovered` tells of databases that were made anew.
"""

from engine.audit.audit import Audit as Audit
from engine.audit.chain import Chain as Chain
from engine.audit.entries import Operation as Operation
