"""One Cypher query per file; read through `graph.queries`."""
