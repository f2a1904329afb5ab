// The items that a run finds good without any history, best first.
//
// parameters: $run, $limit
// columns: item, weight
MATCH (run:Run {id: $run})-[edge:PRIOR]->(target:Item)
RETURN target.id AS item, edge.weight AS weight
ORDER BY weight DESC, item
LIMIT $limit
