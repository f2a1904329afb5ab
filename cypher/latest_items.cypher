// The items with the greatest value of a property.
//
// parameters: $limit
// names: <property>
// columns: id, value
MATCH (item:Item)
WHERE item.`<property>` IS NOT NULL
RETURN item.id AS id, item.`<property>` AS value
ORDER BY value DESC, id
LIMIT $limit
