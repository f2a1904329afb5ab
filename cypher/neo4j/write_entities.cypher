// Upsert entities: each row is [id, properties, labels]; the labels come from the kind.
//
// parameters: $rows
// columns: state, rows
UNWIND $rows AS row
OPTIONAL MATCH (node:Entity {id: row[0]})
WITH row, node,
  CASE
    WHEN node IS NULL THEN 'added'
    WHEN node.kind = row[1].kind AND node.name = row[1].name THEN 'unchanged'
    ELSE 'changed'
  END AS state
FOREACH (one IN CASE WHEN state = 'added' THEN [1] ELSE [] END |
  MERGE (new:Entity {id: row[0]})
  SET new += row[1]
  SET new:$(row[2])
)
FOREACH (one IN CASE WHEN state = 'changed' THEN [1] ELSE [] END |
  REMOVE node:$([label IN labels(node) WHERE label <> 'Entity'])
  SET node += row[1]
  SET node:$(row[2])
)
RETURN state AS state, count(*) AS rows
