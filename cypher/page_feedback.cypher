// A page of the feedback of one type of a user or an item, by the other end, without held-out rows.
//
// parameters: $id, $after, $is_first, $held_out, $limit
// names: <relation>, <end>, <other>
// columns: other, value, at
MATCH (user:User)-[feedback:`<relation>`]->(item:Item)
WHERE `<end>`.id = $id
  AND `<other>`.id >= $after
  AND ($is_first OR `<other>`.id <> $after)
  AND coalesce(feedback.split, '') <> $held_out
RETURN `<other>`.id AS other, feedback.value AS value, feedback.at AS at
ORDER BY other
LIMIT $limit
