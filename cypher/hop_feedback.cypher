// The nodes one piece of feedback away from any of these nodes, each with the first of those it comes from.
//
// parameters: $ids, $held_out
// names: <source_label>, <relation>, <target_label>, <end>, <other>
// columns: other, via
MATCH (source:`<source_label>`)-[edge:`<relation>`]->(target:`<target_label>`)
WHERE `<end>`.id IN $ids
  AND coalesce(edge.split, '') <> $held_out
RETURN `<other>`.id AS other, min(`<end>`.id) AS via
