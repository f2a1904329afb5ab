// Note that a user got a recommendation.
//
// parameters: $user, $id
MATCH (user:User {id: $user})
MATCH (recommendation:Recommendation {id: $id})
MERGE (user)-[:GOT]->(recommendation)
