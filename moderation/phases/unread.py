"""Phase: writing that the classifier does not know. Its scores would call it harmless, and unknown is never allow."""

from moderation.findings import Candidate, Finding, Scores
from moderation.taxonomy import ReasonCode

PHASE = "unread"


def check_unread(candidate: Candidate, _scores: Scores | None) -> list[Finding]:
    """Find a message that a person has to read, because the classifier cannot."""
    return [Finding(ReasonCode.UNREAD, PHASE)] if candidate.unread else []
