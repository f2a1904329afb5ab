// One user with its properties.
//
// parameters: $id
// names: <properties>
// columns: id, <properties>
MATCH (user:User {id: $id})
RETURN user.id AS id
  , user.`<properties>` AS `<properties>`
