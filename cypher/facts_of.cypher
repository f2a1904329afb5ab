// The entities that one node has facts about, of one relation.
//
// parameters: $id
// names: <label>, <relation>
// columns: entity
MATCH (source:`<label>` {id: $id})-[fact:`<relation>`]->(entity:Entity)
RETURN entity.id AS entity
