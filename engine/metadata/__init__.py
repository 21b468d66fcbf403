"""Where buckets and objects are written down: tables, migrations, and the one door to them.

Whoever imports SQLite does so by way of this package, or after it: see `library`.
"""

from engine.metadata.library import count_no_memory

count_no_memory()
