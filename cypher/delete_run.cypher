// Remove a run's node and its prior.
//
// parameters: $run
MATCH (run:Run {id: $run})
DETACH DELETE run
