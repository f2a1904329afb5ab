// Add nodes, all of them new.
//
// parameters: $rows
// names: <label>, <properties>
COPY `<label>`(
  id
  , `<properties>`
) FROM $rows
