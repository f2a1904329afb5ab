// The facts of one node, of one relation, those of the greatest weight first.
//
// parameters: $id, $is_any, $others, $limit
// names: <source_label>, <relation>, <target_label>, <end>, <other>
// columns: other, weight, at
MATCH (source:`<source_label>`)-[edge:`<relation>`]->(target:`<target_label>`)
WHERE `<end>`.id = $id
  AND ($is_any OR `<other>`.id IN $others)
RETURN `<other>`.id AS other, edge.weight AS weight, NULL AS at
ORDER BY weight DESC, other
LIMIT $limit
