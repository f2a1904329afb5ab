// Which of these rows have both their ends, and what is kept of those that are edges already.
//
// A row without one of its ends gives none.
//
// parameters: $rows
// names: <source_label>, <relation>, <target_label>, <properties>
// columns: row, is_there, <properties>
UNWIND $rows.row AS row
MATCH (source:`<source_label>` {id: $rows.source_key[row]})
MATCH (target:`<target_label>` {id: $rows.target_key[row]})
OPTIONAL MATCH (source)-[edge:`<relation>`]->(target)
RETURN row AS row, edge IS NOT NULL AS is_there
  , edge.`<properties>` AS `<properties>`
