// Upsert facts: each row is [source, entity, weight].
//
// parameters: $rows
// names: <label>, <relation>
// columns: state, rows
UNWIND $rows AS row
OPTIONAL MATCH (source:`<label>` {id: row[0]})
OPTIONAL MATCH (target:Entity {id: row[1]})
OPTIONAL MATCH (source)-[edge:`<relation>`]->(target)
WITH row, source, target, edge,
  CASE
    WHEN source IS NULL OR target IS NULL THEN 'missing'
    WHEN edge IS NULL THEN 'added'
    WHEN edge.weight = row[2] THEN 'unchanged'
    ELSE 'changed'
  END AS state
FOREACH (one IN CASE WHEN state = 'added' THEN [1] ELSE [] END |
  MERGE (source)-[new:`<relation>`]->(target)
  SET new.weight = row[2]
)
FOREACH (one IN CASE WHEN state = 'changed' THEN [1] ELSE [] END |
  SET edge.weight = row[2]
)
RETURN state AS state, count(*) AS rows
