// The users who have feedback on these items, without held-out rows and without one user.
//
// parameters: $items, $but, $held_out
// columns: item, user
MATCH (item:Item)<-[feedback]-(user:User)
WHERE item.id IN $items AND user.id <> $but AND coalesce(feedback.split, '') <> $held_out
RETURN DISTINCT item.id AS item, user.id AS user
