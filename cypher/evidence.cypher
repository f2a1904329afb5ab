// The item-to-item evidence of a run between two sets of items.
//
// parameters: $sources, $targets, $run
// columns: source, relation, target, weight
MATCH (source:Item)-[edge:CO_LIKED|FOLLOWED_BY|SHARES|RESEMBLES]->(target:Item)
WHERE source.id IN $sources AND edge.run = $run AND target.id IN $targets
RETURN
  source.id AS source,
  type(edge) AS relation,
  target.id AS target,
  edge.weight AS weight
