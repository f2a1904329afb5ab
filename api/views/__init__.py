"""Results as a person reads them on a terminal."""
