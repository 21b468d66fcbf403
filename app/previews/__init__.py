"""A look inside objects: what their bytes are, and what can be shown of them. Nothing in here runs what it reads."""
