"""Work on the whole store: holding metadata against bytes, and what keeps house."""
