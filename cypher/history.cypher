// The latest feedback of a user, of every type, without held-out rows; missing times come last.
//
// parameters: $user, $held_out, $limit
// columns: item, type, value, at, title, latest
MATCH (user:User {id: $user})-[feedback]->(target:Item)
WHERE coalesce(feedback.split, '') <> $held_out
RETURN
  target.id AS item,
  type(feedback) AS type,
  feedback.value AS value,
  feedback.at AS at,
  target.title AS title,
  coalesce(feedback.at, -9223372036854775807) AS latest
ORDER BY latest DESC, item, type
LIMIT $limit
