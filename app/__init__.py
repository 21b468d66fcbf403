"""Everything that is seen: the Qt half of Holdall. Talks to the engine only through `app.bridge`."""
