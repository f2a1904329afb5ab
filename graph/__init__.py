"""Nodes, edges, paths, the store port with its adapters, and the import from files."""
