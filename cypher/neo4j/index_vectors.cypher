// Nearest items by vector: CALL db.index.vector.queryNodes('item_vectors', 10, item.vector).
//
// parameters: $options
CREATE VECTOR INDEX item_vectors IF NOT EXISTS
FOR (item:Item)
ON item.vector
OPTIONS $options
