"""What a training process says to the server; the evidence is the last of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # scipy comes with it, which a server needs only once there is evidence
    from recommender.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Said:
    """A line of progress."""

    line: str


@dataclass(frozen=True, slots=True)
class Step:
    """What goes on and how far it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there is no evidence, in a sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of it."""

    evidence: "Evidence"


Message = Said | Step | Failed | Trained
