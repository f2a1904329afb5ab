// What the graph says of itself: its format, its schema as JSON, the run that serves.
//
// columns: format_version, schema, current_run
MATCH (graph:Graph {id: 'graph'})
RETURN
  graph.format_version AS format_version,
  graph.schema AS schema,
  graph.current_run AS current_run
