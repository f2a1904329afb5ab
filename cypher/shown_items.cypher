// The items that a user was shown since a time, and when last.
//
// parameters: $user, $since
// columns: item, at
MATCH (user:User {id: $user})-[:GOT]->(recommendation:Recommendation)-[showed:SHOWED]->(target:Item)
WHERE showed.at >= $since
RETURN target.id AS item, max(showed.at) AS at
