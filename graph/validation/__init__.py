"""`whypath validate`: what is wrong with the files of a mapping, before anything is written."""

from graph.validation.findings import Finding, Severity
from graph.validation.validating import validate_project

__all__ = ["Finding", "Severity", "validate_project"]
