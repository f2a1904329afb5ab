// The nodes one edge of evidence of a run away from any of these nodes, each with the first of those it comes from.
//
// parameters: $ids, $run
// names: <source_label>, <relation>, <target_label>, <end>, <other>
// columns: other, via
MATCH (source:`<source_label>`)-[edge:`<relation>`]->(target:`<target_label>`)
WHERE `<end>`.id IN $ids
  AND edge.run = $run
RETURN `<other>`.id AS other, min(`<end>`.id) AS via
