// All runs, oldest first, also those that are not ready.
//
// columns: id, at, fingerprint, settings, metrics, is_ready, revision
MATCH (run:Run)
RETURN
  run.id AS id,
  run.at AS at,
  run.fingerprint AS fingerprint,
  run.settings AS settings,
  run.metrics AS metrics,
  run.is_ready AS is_ready,
  coalesce(run.revision, 0) AS revision
ORDER BY id
