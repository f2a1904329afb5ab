"""Settings, wiring and the command line; decides nothing itself."""
