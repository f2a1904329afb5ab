// Which of these rows are nodes already, and what is kept of them.
//
// parameters: $rows
// names: <label>, <properties>
// columns: row, <properties>
LOAD FROM $rows
MATCH (node:`<label>` {id: key})
RETURN row AS row
  , node.`<properties>` AS `<properties>`
