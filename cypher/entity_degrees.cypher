// How many items have each of these entities by each relation.
//
// parameters: $entities
// columns: entity, relation, items
MATCH (entity:Entity)<-[fact]-(item:Item)
WHERE entity.id IN $entities
RETURN entity.id AS entity, type(fact) AS relation, count(*) AS items
