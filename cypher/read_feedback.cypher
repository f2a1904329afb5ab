// All feedback of one type.
//
// names: <relation>
// columns: user, item, value, at, split
MATCH (user:User)-[feedback:`<relation>`]->(item:Item)
RETURN
  user.id AS user,
  item.id AS item,
  feedback.value AS value,
  feedback.at AS at,
  feedback.split AS split
