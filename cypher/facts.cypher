// All facts of these items or users, of every relation.
//
// parameters: $ids
// names: <label>
// columns: source, relation, entity, kind, name, weight
MATCH (source:`<label>`)-[fact]->(entity:Entity)
WHERE source.id IN $ids
RETURN
  source.id AS source,
  type(fact) AS relation,
  entity.id AS entity,
  entity.kind AS kind,
  entity.name AS name,
  fact.weight AS weight
