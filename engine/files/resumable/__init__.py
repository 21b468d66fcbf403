"""Uploads that come in parts: across connections, restarts and crashes."""
