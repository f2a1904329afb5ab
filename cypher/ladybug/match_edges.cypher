// Which of these rows have both their ends, and what is kept of those that are edges already.
//
// A row without one of its ends gives none. The OPTIONAL MATCH makes Ladybug look each end up in its
// index; with a plain MATCH it scans all edges, even for a single row (350 ms in a million).
//
// parameters: $rows
// names: <source_label>, <relation>, <target_label>, <properties>
// columns: row, is_there, <properties>
LOAD FROM $rows
MATCH (source:`<source_label>` {id: source_key})
MATCH (target:`<target_label>` {id: target_key})
OPTIONAL MATCH (source)-[edge:`<relation>`]->(target)
RETURN row AS row, edge IS NOT NULL AS is_there
  , edge.`<properties>` AS `<properties>`
