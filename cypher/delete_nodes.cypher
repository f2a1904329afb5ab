// Delete nodes with all their edges.
//
// parameters: $ids
// names: <label>
MATCH (node:`<label>`)
WHERE node.id IN $ids
DETACH DELETE node
