// Delete the recommendations that users got.
//
// parameters: $ids
MATCH (user:User)-[:GOT]->(recommendation:Recommendation)
WHERE user.id IN $ids
DETACH DELETE recommendation
