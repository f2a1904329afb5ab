// Candidates of one relation of evidence, each with its sum of anchor weight times edge weight.
//
// parameters: $sources, $weights, $run
// names: <label>, <relation>
// columns: item, score
UNWIND range(0, size($sources) - 1) AS position
MATCH (source:`<label>` {id: $sources[position]})-[edge:`<relation>`]->(target:Item)
WHERE edge.run = $run
WITH target, sum(edge.weight * $weights[position]) AS score
RETURN target.id AS item, score AS score
