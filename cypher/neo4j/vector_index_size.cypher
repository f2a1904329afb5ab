// The length of the vectors that the index of items by vector holds, if there is such an index.
//
// columns: size
SHOW VECTOR INDEXES
YIELD name, options
WHERE name = 'item_vectors'
RETURN options.indexConfig.`vector.dimensions` AS size
