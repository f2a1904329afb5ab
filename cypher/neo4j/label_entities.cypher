// Give entities the labels of their kind, where they have others.
//
// parameters: $ids, $labels
UNWIND range(0, size($ids) - 1) AS row
MATCH (node:Entity {id: $ids[row]})
WHERE any(label IN labels(node) WHERE NOT label IN $labels[row])
  OR any(label IN $labels[row] WHERE NOT label IN labels(node))
REMOVE node:$([label IN labels(node) WHERE NOT label IN $labels[row]])
SET node:$($labels[row])
