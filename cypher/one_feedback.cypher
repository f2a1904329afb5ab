// One piece of feedback, if it is there; no row where its user or its item is missing.
//
// parameters: $user, $item
// names: <relation>
// columns: is_there, value, at, split
MATCH (user:User {id: $user})
MATCH (item:Item {id: $item})
OPTIONAL MATCH (user)-[feedback:`<relation>`]->(item)
RETURN
  feedback IS NOT NULL AS is_there,
  feedback.value AS value,
  feedback.at AS at,
  feedback.split AS split
