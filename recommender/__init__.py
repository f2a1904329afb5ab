"""Signals, learning evidence, retrieval, explanation and evaluation; no Cypher, no HTTP."""
