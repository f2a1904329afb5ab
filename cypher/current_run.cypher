// The run that serves, and the schema as JSON.
//
// The id is a parameter because Ladybug keeps the plans of parameterised queries only: 1 ms saved.
//
// parameters: $graph
// columns: schema, id, at, fingerprint, settings, metrics, is_ready, revision
MATCH (graph:Graph {id: $graph}), (run:Run)
WHERE run.id = graph.current_run
RETURN
  graph.schema AS schema,
  run.id AS id,
  run.at AS at,
  run.fingerprint AS fingerprint,
  run.settings AS settings,
  run.metrics AS metrics,
  run.is_ready AS is_ready,
  coalesce(run.revision, 0) AS revision
