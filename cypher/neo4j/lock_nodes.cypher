// Lock nodes until the end of the transaction, by setting a property for a moment.
//
// Without it two clients could both find an edge missing and add it twice: 20 edges became 3,020 in
// a test. All clients lock in the order of ids, so that they do not wait for each other in a circle.
//
// parameters: $ids
// names: <label>
UNWIND $ids AS key
MATCH (node:`<label>` {id: key})
SET node.locked = true
REMOVE node.locked
