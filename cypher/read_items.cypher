// All items.
//
// names: <properties>
// columns: id, title, text, <properties>
MATCH (item:Item)
RETURN item.id AS id, item.title AS title, item.text AS text
  , item.`<properties>` AS `<properties>`
