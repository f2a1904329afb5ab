// The nodes of one label whose id or name holds a text, in any case: 0 where the id is the text, 1
// where the name is, 2 where either begins with it, else 3.
//
// parameters: $text, $limit
// names: <label>, <name>
// columns: id, rank
MATCH (node:`<label>`)
WITH
  node.id AS id,
  toLower(node.id) AS key,
  toLower(coalesce(node.`<name>`, '')) AS name,
  toLower($text) AS text
WHERE key CONTAINS text OR name CONTAINS text
RETURN
  id,
  CASE
    WHEN key = text THEN 0
    WHEN name = text THEN 1
    WHEN key STARTS WITH text OR name STARTS WITH text THEN 2
    ELSE 3
  END AS rank
ORDER BY rank, id
LIMIT $limit
