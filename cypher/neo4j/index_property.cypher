// An index that finds nodes by a property.
//
// names: <index>, <label>, <property>
CREATE INDEX `<index>` IF NOT EXISTS
FOR (node:`<label>`) ON (node.`<property>`)
