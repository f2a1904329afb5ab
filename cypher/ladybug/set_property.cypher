// Set one property of nodes.
//
// parameters: $rows
// names: <label>, <property>
LOAD FROM $rows
MATCH (node:`<label>` {id: key})
SET node.`<property>` = value
