// Delete the evidence of a run, of one relation.
//
// parameters: $run
// names: <label>, <relation>
MATCH (source:`<label>`)-[edge:`<relation>`]->(target:Item)
WHERE edge.run = $run
DELETE edge
