// The feedback of one node, of one relation, latest first, without held-out rows.
//
// parameters: $id, $is_any, $others, $limit, $held_out
// names: <source_label>, <relation>, <target_label>, <end>, <other>
// columns: other, weight, at, latest
MATCH (source:`<source_label>`)-[edge:`<relation>`]->(target:`<target_label>`)
WHERE `<end>`.id = $id
  AND ($is_any OR `<other>`.id IN $others)
  AND coalesce(edge.split, '') <> $held_out
RETURN
  `<other>`.id AS other,
  edge.value AS weight,
  edge.at AS at,
  coalesce(edge.at, -9223372036854775807) AS latest
ORDER BY latest DESC, other
LIMIT $limit
