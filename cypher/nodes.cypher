// The nodes of one label with these ids; an id that is not in the graph gives no row.
//
// parameters: $ids
// names: <label>, <properties>
// columns: id, <properties>
UNWIND $ids AS key
MATCH (node:`<label>` {id: key})
RETURN node.id AS id
  , node.`<properties>` AS `<properties>`
