// Count that evidence of the run that serves is gone: whoever keeps it in memory reads it again.
//
// parameters: $graph
MATCH (graph:Graph {id: $graph}), (run:Run)
WHERE run.id = graph.current_run
SET run.revision = coalesce(run.revision, 0) + 1
