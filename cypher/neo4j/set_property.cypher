// Set one property of nodes; a null removes it.
//
// parameters: $rows
// names: <label>, <property>
UNWIND range(0, size($rows.key) - 1) AS row
MATCH (node:`<label>` {id: $rows.key[row]})
SET node.`<property>` = $rows.value[row]
