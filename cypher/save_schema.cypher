// Keep the schema on the graph's own node, which is created if it is missing.
//
// parameters: $format_version, $schema
MERGE (graph:Graph {id: 'graph'})
ON CREATE SET graph.format_version = $format_version, graph.schema = $schema
ON MATCH SET graph.format_version = $format_version, graph.schema = $schema
