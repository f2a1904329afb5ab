// How many relationships have this type.
//
// names: <relation>
// columns: count
MATCH ()-[edge:`<relation>`]->()
RETURN count(edge) AS count
