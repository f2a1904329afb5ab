// Create nodes that have nothing but an id, where they are not there.
//
// parameters: $ids
// names: <label>
UNWIND $ids AS key
MERGE (node:`<label>` {id: key})
