// Note which items of a recommendation were shown; what is noted already stays as it is.
//
// parameters: $id, $rows, $at, $outcome
// columns: item
UNWIND $rows AS row
MATCH (recommendation:Recommendation {id: $id})
MATCH (item:Item {id: row.item})
MERGE (recommendation)-[showed:SHOWED]->(item)
ON CREATE SET
  showed.position = row.position,
  showed.at = $at,
  showed.outcome = $outcome
RETURN item.id AS item
