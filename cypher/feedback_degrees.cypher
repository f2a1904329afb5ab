// How many pieces of feedback each of these items has.
//
// parameters: $items
// columns: item, pieces
MATCH (item:Item)<-[feedback]-(user:User)
WHERE item.id IN $items
RETURN item.id AS item, count(*) AS pieces
