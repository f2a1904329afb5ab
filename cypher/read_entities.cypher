// All entities.
//
// columns: id, kind, name
MATCH (entity:Entity)
RETURN entity.id AS id, entity.kind AS kind, entity.name AS name
