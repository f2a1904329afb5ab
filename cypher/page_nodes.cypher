// A page of the nodes of one label, by id; the first page begins with the empty id.
//
// parameters: $after, $is_first, $limit
// names: <label>, <properties>
// columns: id, <properties>
MATCH (node:`<label>`)
WHERE node.id >= $after AND ($is_first OR node.id <> $after)
RETURN node.id AS id
  , node.`<properties>` AS `<properties>`
ORDER BY id
LIMIT $limit
