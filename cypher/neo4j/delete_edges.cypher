// Delete the edges between these pairs of nodes.
//
// parameters: $rows
// names: <source_label>, <relation>, <target_label>
UNWIND range(0, size($rows.source_key) - 1) AS row
MATCH (source:`<source_label>` {id: $rows.source_key[row]})
MATCH (target:`<target_label>` {id: $rows.target_key[row]})
MATCH (source)-[edge:`<relation>`]->(target)
DELETE edge
