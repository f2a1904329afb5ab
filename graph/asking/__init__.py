"""Callers' own Cypher: what is let through, within which limits, and the answer as JSON values."""
