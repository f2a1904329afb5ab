// Which of these rows are nodes already, and what is kept of them.
//
// parameters: $rows
// names: <label>, <properties>
// columns: row, <properties>
UNWIND $rows.row AS row
MATCH (node:`<label>` {id: $rows.key[row]})
RETURN row AS row
  , node.`<properties>` AS `<properties>`
