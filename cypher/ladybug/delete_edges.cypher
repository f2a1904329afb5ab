// Delete the edges between these pairs of nodes.
//
// parameters: $rows
// names: <source_label>, <relation>, <target_label>
LOAD FROM $rows
MATCH (source:`<source_label>` {id: source_key})
MATCH (target:`<target_label>` {id: target_key})
OPTIONAL MATCH (source)-[edge:`<relation>`]->(target)
DELETE edge
