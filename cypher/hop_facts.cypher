// The nodes one fact away from any of these nodes, each with the first of those it comes from.
//
// parameters: $ids
// names: <source_label>, <relation>, <target_label>, <end>, <other>
// columns: other, via
MATCH (source:`<source_label>`)-[edge:`<relation>`]->(target:`<target_label>`)
WHERE `<end>`.id IN $ids
RETURN `<other>`.id AS other, min(`<end>`.id) AS via
