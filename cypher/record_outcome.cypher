// Note what came of items of a recommendation, where no more than `lesser` is noted of them.
//
// parameters: $id, $items, $lesser, $outcome, $at
MATCH (recommendation:Recommendation {id: $id})-[showed:SHOWED]->(item:Item)
WHERE item.id IN $items AND showed.outcome IN $lesser
SET showed.outcome = $outcome, showed.outcome_at = $at
