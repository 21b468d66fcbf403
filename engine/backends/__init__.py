"""Where bytes live: one protocol (`base`), and the backends that keep it."""
