// Ids are unique, and looked up in an index.
//
// names: <label>
CREATE CONSTRAINT IF NOT EXISTS
FOR (node:`<label>`)
REQUIRE node.id IS UNIQUE
