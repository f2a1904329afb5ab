// Delete feedback: each row is [user, item].
//
// parameters: $rows
// names: <relation>
// columns: rows
UNWIND $rows AS row
MATCH (source:User {id: row[0]})-[edge:`<relation>`]->(target:Item {id: row[1]})
DELETE edge
RETURN count(*) AS rows
