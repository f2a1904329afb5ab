// Add edges, all of them new; a row without one of its ends is passed over.
//
// parameters: $rows
// names: <source_label>, <relation>, <target_label>, <properties>
// columns: added
UNWIND range(0, size($rows.source_key) - 1) AS row
MATCH (source:`<source_label>` {id: $rows.source_key[row]})
MATCH (target:`<target_label>` {id: $rows.target_key[row]})
CREATE (source)-[edge:`<relation>` {
  , `<properties>`: $rows.`<properties>`[row]
}]->(target)
RETURN count(*) AS added
