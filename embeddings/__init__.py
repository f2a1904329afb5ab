"""Vectors from triples and texts; nothing is built here yet (see docs/architecture.md)."""
