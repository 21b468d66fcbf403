"""Finding objects by their names: an index of them that follows by itself, and what is asked of it."""
