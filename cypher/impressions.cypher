// What was shown of a recommendation, and what came of it.
//
// parameters: $id
// columns: item, position, at, outcome, outcome_at
MATCH (recommendation:Recommendation {id: $id})-[showed:SHOWED]->(target:Item)
RETURN
  target.id AS item,
  showed.position AS position,
  showed.at AS at,
  showed.outcome AS outcome,
  showed.outcome_at AS outcome_at
ORDER BY position, item
