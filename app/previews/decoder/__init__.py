"""Decoding what may be hostile, in a process of its own: one that hangs or crashes costs a preview, not the window."""
