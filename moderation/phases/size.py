"""Phase: is there anything to read, and is it within the circle's length?"""

from moderation.findings import Candidate, Finding, Scores
from moderation.taxonomy import ReasonCode
from moderation.text import visible

PHASE = "size"


def check_size(candidate: Candidate, _scores: Scores | None) -> list[Finding]:
    """Find a message with nothing visible in it, or one longer than the rules allow."""
    if not visible(candidate.text):
        return [Finding(ReasonCode.BLANK, PHASE)]
    if len(candidate.text) > candidate.rules.max_length:
        return [Finding(ReasonCode.TOO_LONG, PHASE)]
    return []
