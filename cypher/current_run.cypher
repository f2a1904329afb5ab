// The run that serves, and the schema as JSON.
//
// columns: schema, id, at, fingerprint, settings, metrics, is_ready
MATCH (graph:Graph {id: 'graph'}), (run:Run)
WHERE run.id = graph.current_run
RETURN
  graph.schema AS schema,
  run.id AS id,
  run.at AS at,
  run.fingerprint AS fingerprint,
  run.settings AS settings,
  run.metrics AS metrics,
  run.is_ready AS is_ready
