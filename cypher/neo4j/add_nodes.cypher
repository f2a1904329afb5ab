// Add nodes; MERGE takes the constraint's lock, so that two clients cannot add the same one.
//
// parameters: $rows
// names: <label>, <properties>
UNWIND range(0, size($rows.id) - 1) AS row
MERGE (node:`<label>` {id: $rows.id[row]})
SET node += {
  , `<properties>`: $rows.`<properties>`[row]
}
