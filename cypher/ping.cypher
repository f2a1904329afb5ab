// Whether the database answers at all.
//
// columns: one
RETURN 1 AS one
