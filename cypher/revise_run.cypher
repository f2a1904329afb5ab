// Count that something was added to a run, if it is ready: whoever keeps it in memory reads it again.
//
// parameters: $run
MATCH (run:Run {id: $run})
WHERE run.is_ready
SET run.revision = coalesce(run.revision, 0) + 1
