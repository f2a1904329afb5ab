// Set the vectors of items.
//
// parameters: $rows
// columns: written
LOAD FROM $rows
MATCH (item:Item {id: key})
SET item.vector = value
RETURN count(*) AS written
