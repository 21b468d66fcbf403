"""The only rooms that call the engine: threads, user operations, events, the server."""
