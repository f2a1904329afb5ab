// Add edges in bulk, all of them new and with both their ends in the graph.
//
// parameters: $rows
// names: <source_label>, <relation>, <target_label>, <properties>
COPY `<relation>`(
  , `<properties>`
) FROM $rows (from = '<source_label>', to = '<target_label>')
