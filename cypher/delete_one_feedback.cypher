// Delete one piece of feedback.
//
// parameters: $user, $item
// names: <relation>
MATCH (user:User {id: $user})
MATCH (item:Item {id: $item})
OPTIONAL MATCH (user)-[feedback:`<relation>`]->(item)
DELETE feedback
