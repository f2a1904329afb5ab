// The weight that a run gives to items without any history.
//
// parameters: $run, $targets
// columns: item, weight
MATCH (run:Run {id: $run})-[edge:PRIOR]->(item:Item)
WHERE item.id IN $targets
RETURN item.id AS item, edge.weight AS weight
