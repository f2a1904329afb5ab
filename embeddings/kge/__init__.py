"""Knowledge-graph embeddings: vectors of nodes and relations from triples, trained by PyKEEN."""
