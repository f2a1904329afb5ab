// All facts of one relation that start from one label.
//
// names: <label>, <relation>
// columns: source, entity, weight
MATCH (source:`<label>`)-[fact:`<relation>`]->(entity:Entity)
RETURN source.id AS source, entity.id AS entity, fact.weight AS weight
