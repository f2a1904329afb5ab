"""Graph neural networks over feedback and facts: a graph in, vectors of items and users out."""
