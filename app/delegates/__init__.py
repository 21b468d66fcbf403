"""How single rows are painted and edited."""
