// Remove the vectors of all items, in several transactions.
MATCH (item:Item)
WHERE item.vector IS NOT NULL
CALL (item) {
  REMOVE item.vector
} IN TRANSACTIONS OF 20000 ROWS
