"""The parts of an evaluation: splits, baselines, metrics, significance and the report."""
