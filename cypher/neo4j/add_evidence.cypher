// Add evidence of a run: each row is [source, target, weight].
//
// parameters: $rows, $run
// names: <label>, <relation>
// columns: rows
UNWIND $rows AS row
MATCH (source:`<label>` {id: row[0]})
MATCH (target:Item {id: row[1]})
CREATE (source)-[edge:`<relation>` {weight: row[2], run: $run}]->(target)
RETURN count(*) AS rows
