// Entities that an item of the first set and another of the second both have by the same relation.
//
// parameters: $first, $second
// columns: first, second, relation, entity, kind, name
MATCH (first:Item)-[here]->(entity:Entity)<-[there]-(second:Item)
WHERE first.id IN $first AND second.id IN $second AND type(here) = type(there)
  AND first.id <> second.id
RETURN
  first.id AS first,
  second.id AS second,
  type(here) AS relation,
  entity.id AS entity,
  entity.kind AS kind,
  entity.name AS name
