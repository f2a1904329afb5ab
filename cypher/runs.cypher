// All runs, oldest first, also those that are not ready.
//
// columns: id, at, fingerprint, settings, metrics, is_ready
MATCH (run:Run)
RETURN
  run.id AS id,
  run.at AS at,
  run.fingerprint AS fingerprint,
  run.settings AS settings,
  run.metrics AS metrics,
  run.is_ready AS is_ready
ORDER BY id
