// Drop the index of items by vector: it holds vectors of one length only.
DROP INDEX item_vectors IF EXISTS
