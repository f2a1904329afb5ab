// The evidence of a run from entities to items.
//
// parameters: $sources, $targets, $run
// columns: source, relation, target, weight
MATCH (source:Entity)-[edge:FAVOURS]->(target:Item)
WHERE source.id IN $sources AND edge.run = $run AND target.id IN $targets
RETURN
  source.id AS source,
  type(edge) AS relation,
  target.id AS target,
  edge.weight AS weight
