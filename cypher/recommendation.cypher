// One recommendation of which items were shown.
//
// parameters: $id
// columns: user, at, run, session, scenario, context
MATCH (recommendation:Recommendation {id: $id})
OPTIONAL MATCH (user:User)-[:GOT]->(recommendation)
RETURN
  user.id AS user,
  recommendation.at AS at,
  recommendation.run AS run,
  recommendation.session AS session,
  recommendation.scenario AS scenario,
  recommendation.context AS context
