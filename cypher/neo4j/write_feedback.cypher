// Upsert feedback: each row is [user, item, value, at, split].
//
// parameters: $rows
// names: <relation>
// columns: state, rows
UNWIND $rows AS row
OPTIONAL MATCH (source:User {id: row[0]})
OPTIONAL MATCH (target:Item {id: row[1]})
OPTIONAL MATCH (source)-[edge:`<relation>`]->(target)
WITH row, source, target, edge,
  CASE
    WHEN source IS NULL OR target IS NULL THEN 'missing'
    WHEN edge IS NULL THEN 'added'
    WHEN edge.value = row[2]
      AND coalesce(edge.at = row[3], edge.at IS NULL AND row[3] IS NULL)
      AND coalesce(edge.split = row[4], edge.split IS NULL AND row[4] IS NULL) THEN 'unchanged'
    ELSE 'changed'
  END AS state
FOREACH (one IN CASE WHEN state = 'added' THEN [1] ELSE [] END |
  MERGE (source)-[new:`<relation>`]->(target)
  SET new.value = row[2], new.at = row[3], new.split = row[4]
)
FOREACH (one IN CASE WHEN state = 'changed' THEN [1] ELSE [] END |
  SET edge.value = row[2], edge.at = row[3], edge.split = row[4]
)
RETURN state AS state, count(*) AS rows
