// All evidence of a run of one relation.
//
// parameters: $run
// names: <label>, <relation>
// columns: source, target, weight
MATCH (source:`<label>`)-[edge:`<relation>`]->(target:Item)
WHERE edge.run = $run
RETURN source.id AS source, target.id AS target, edge.weight AS weight
