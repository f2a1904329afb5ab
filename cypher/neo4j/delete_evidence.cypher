// Delete the evidence of a run, of one relation, in several transactions.
//
// parameters: $run
// names: <label>, <relation>
MATCH (source:`<label>`)-[edge:`<relation>`]->(target:Item)
WHERE edge.run = $run
CALL (edge) {
  DELETE edge
} IN TRANSACTIONS OF 20000 ROWS
