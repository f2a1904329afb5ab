// Note a recommendation of which items were shown, unless it is noted; whose it is, if anyone's.
//
// parameters: $id, $at, $run, $session, $scenario, $context
// columns: user
MERGE (recommendation:Recommendation {id: $id})
ON CREATE SET
  recommendation.at = $at,
  recommendation.run = $run,
  recommendation.session = $session,
  recommendation.scenario = $scenario,
  recommendation.context = $context
WITH recommendation
OPTIONAL MATCH (user:User)-[:GOT]->(recommendation)
RETURN user.id AS user
