// Mark a run ready and make it the one that serves.
//
// parameters: $run
// columns: id
MATCH (graph:Graph {id: 'graph'}), (run:Run {id: $run})
SET run.is_ready = true, graph.current_run = run.id
RETURN run.id AS id
