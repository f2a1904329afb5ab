// Give the recommendations of a session, which no user got, to a user.
//
// parameters: $session, $user
// columns: joined
MATCH (recommendation:Recommendation {session: $session})
WHERE NOT EXISTS { MATCH (other:User)-[:GOT]->(recommendation) }
MATCH (user:User {id: $user})
MERGE (user)-[:GOT]->(recommendation)
RETURN count(*) AS joined
