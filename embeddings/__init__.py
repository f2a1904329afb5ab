"""Triples and texts in, vectors out; it knows no ranking and no Cypher."""
