// The users who have feedback on these items, without held-out rows and without one user: item, user.
//
// All in one record, since the driver takes 16 us for each.
//
// parameters: $items, $but, $held_out
// columns: rows
MATCH (item:Item)<-[feedback]-(user:User)
WHERE item.id IN $items AND user.id <> $but AND coalesce(feedback.split, '') <> $held_out
WITH DISTINCT item, user
RETURN collect([item.id, user.id]) AS rows
