// Full-text search on the titles of items: CALL db.index.fulltext.queryNodes('titles', 'heat').
CREATE FULLTEXT INDEX titles IF NOT EXISTS
FOR (item:Item)
ON EACH [item.title]
