// Mark a run as not ready, before its evidence goes.
//
// parameters: $run
MATCH (run:Run {id: $run})
SET run.is_ready = false
