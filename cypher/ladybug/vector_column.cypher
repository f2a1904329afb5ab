// The column of the vectors of items, whose type says how long they are, if there is one.
//
// columns: type
CALL table_info('Item')
WHERE name = 'vector'
RETURN type
