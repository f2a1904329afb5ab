"""Data files as rows, rows as cells, cells as nodes and edges; no store, no scores."""
