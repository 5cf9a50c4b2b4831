"""Phase: has the same author just written the same thing several times?"""

from functools import lru_cache

from moderation.findings import Candidate, Finding, Scores
from moderation.taxonomy import ReasonCode
from moderation.text import normalise

PHASE = "repetition"
REPEATS = 3  # equal messages before this one
SHORT_REPEATS = 5  # "hi", "me too" and a heart come back often in good faith
SHORT = 12  # letters
LOOKED_AT = 40  # of the recent messages; with all of them, one person who writes much could hold up everybody's screening


def check_repetition(candidate: Candidate, _scores: Scores | None) -> list[Finding]:
    """Find a message that reads the same as enough of the author's recent ones."""
    key = _key(candidate.text)
    needed = SHORT_REPEATS if sum(map(str.isalnum, key)) < SHORT else REPEATS
    if len(candidate.recent) < needed:
        return []
    same = sum(_key(text) == key for text in candidate.recent[:LOOKED_AT])
    return [Finding(ReasonCode.REPEATED, PHASE)] if same >= needed else []


@lru_cache(maxsize=4096)
def _key(text: str) -> str:
    folded = normalise(text).casefold()
    return "".join(filter(str.isalnum, folded)) or folded
