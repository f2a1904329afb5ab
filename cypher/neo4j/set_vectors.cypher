// Set the vectors of items, as 32-bit numbers: half the size of what a SET would store.
//
// parameters: $rows
// columns: written
UNWIND range(0, size($rows.key) - 1) AS row
MATCH (item:Item {id: $rows.key[row]})
CALL db.create.setNodeVectorProperty(item, 'vector', $rows.value[row])
RETURN count(*) AS written
