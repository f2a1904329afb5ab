// The item-to-item evidence of a run between two sets of items.
//
// Read from the targets back: they are the 10 items shown, the sources a whole history. Ladybug
// starts where the pattern does.
//
// parameters: $sources, $targets, $run
// columns: source, relation, target, weight
MATCH (target:Item)<-[edge:CO_LIKED|FOLLOWED_BY|SHARES|RESEMBLES]-(source:Item)
WHERE target.id IN $targets AND edge.run = $run AND source.id IN $sources
RETURN
  source.id AS source,
  type(edge) AS relation,
  target.id AS target,
  edge.weight AS weight
