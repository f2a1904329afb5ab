// All users.
//
// names: <properties>
// columns: id, <properties>
MATCH (user:User)
RETURN user.id AS id
  , user.`<properties>` AS `<properties>`
