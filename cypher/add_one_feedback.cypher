// Add one piece of feedback that is not there yet.
//
// parameters: $user, $item, $value, $at, $split
// names: <relation>
MATCH (user:User {id: $user})
MATCH (item:Item {id: $item})
CREATE (user)-[feedback:`<relation>` {value: $value, at: $at, split: $split}]->(item)
