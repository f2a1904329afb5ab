// Wait until the indexes can be used.
//
// parameters: $timeout_s
CALL db.awaitIndexes($timeout_s)
