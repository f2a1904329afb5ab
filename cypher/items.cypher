// The items with these ids; an id that is not in the graph gives no row.
//
// parameters: $ids
// names: <properties>
// columns: id, title, text, <properties>
UNWIND $ids AS key
MATCH (item:Item {id: key})
RETURN item.id AS id, item.title AS title, item.text AS text
  , item.`<properties>` AS `<properties>`
