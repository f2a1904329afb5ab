// Which of these rows have both their ends, and what is kept of those that are edges already.
//
// A row without one of its ends gives none. Removing a property that is not there locks the source,
// so that two clients cannot both find an edge missing and add it twice.
//
// parameters: $rows
// names: <source_label>, <relation>, <target_label>, <properties>
// columns: row, is_there, <properties>
UNWIND $rows.row AS row
MATCH (source:`<source_label>` {id: $rows.source_key[row]})
MATCH (target:`<target_label>` {id: $rows.target_key[row]})
REMOVE source.locked
WITH row, source, target
OPTIONAL MATCH (source)-[edge:`<relation>`]->(target)
RETURN row AS row, edge IS NOT NULL AS is_there
  , edge.`<properties>` AS `<properties>`
