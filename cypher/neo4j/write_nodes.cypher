// Upsert items or users: each row is [id, properties]; a null removes a property.
//
// parameters: $rows
// names: <label>
// columns: state, rows
UNWIND $rows AS row
OPTIONAL MATCH (node:`<label>` {id: row[0]})
WITH row, node,
  CASE
    WHEN node IS NULL THEN 'added'
    WHEN all(name IN keys(row[1]) WHERE coalesce(
      node[name] = row[1][name],
      node[name] IS NULL AND row[1][name] IS NULL
    )) THEN 'unchanged'
    ELSE 'changed'
  END AS state
FOREACH (one IN CASE WHEN state = 'added' THEN [1] ELSE [] END |
  MERGE (new:`<label>` {id: row[0]})
  SET new += row[1]
)
FOREACH (one IN CASE WHEN state = 'changed' THEN [1] ELSE [] END |
  SET node += row[1]
)
RETURN state AS state, count(*) AS rows
