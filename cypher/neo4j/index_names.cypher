// Full-text search on the names of entities: CALL db.index.fulltext.queryNodes('names', 'pacino').
CREATE FULLTEXT INDEX names IF NOT EXISTS
FOR (entity:Entity)
ON EACH [entity.name]
