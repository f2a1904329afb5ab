// Begin a run: it is not ready before its evidence is complete.
//
// parameters: $id, $at, $fingerprint, $settings, $metrics
CREATE (run:Run {
  id: $id,
  at: $at,
  fingerprint: $fingerprint,
  settings: $settings,
  metrics: $metrics,
  is_ready: false,
  revision: 0
})
