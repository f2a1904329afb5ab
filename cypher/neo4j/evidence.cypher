// The item-to-item evidence of a run between two sets of items: source, relation, target, weight.
//
// Comparing nodes spares reading the id at the end of every edge of the sources: twice as fast. All
// in one record, since the driver takes 16 us for each.
//
// parameters: $sources, $targets, $run
// columns: rows
MATCH (target:Item)
WHERE target.id IN $targets
WITH collect(target) AS targets
MATCH (source:Item)
WHERE source.id IN $sources
MATCH (source)-[edge:CO_LIKED|FOLLOWED_BY|SHARES|RESEMBLES]->(target)
WHERE target IN targets AND edge.run = $run
RETURN collect([source.id, type(edge), target.id, edge.weight]) AS rows
