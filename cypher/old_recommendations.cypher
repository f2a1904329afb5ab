// Recommendations from before a time, the oldest first.
//
// parameters: $before, $limit
// columns: id, at
MATCH (recommendation:Recommendation)
WHERE recommendation.at < $before
RETURN recommendation.id AS id, recommendation.at AS at
ORDER BY at, id
LIMIT $limit
