// How many nodes have this label.
//
// names: <label>
// columns: count
MATCH (node:`<label>`)
RETURN count(node) AS count
