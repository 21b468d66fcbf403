"""Alembic migrations, forward only. `HEAD` is the newest revision; a test holds it against the scripts."""

HEAD = "0009"
"""The schema this program writes."""
