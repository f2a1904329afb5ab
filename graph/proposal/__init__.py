"""`whypath init`: looks at files and proposes a mapping for them."""

from graph.proposal.proposing import propose_mapping

__all__ = ["propose_mapping"]
