// Put other settings in the place of a run's, and answer which run it was.
//
// parameters: $run, $settings
// columns: id
MATCH (run:Run {id: $run})
SET run.settings = $settings
RETURN run.id AS id
