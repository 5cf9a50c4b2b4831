"""Phase: amounts of medicine or substances, which can harm another reader whatever they were meant for."""

import re

from moderation.findings import Candidate, Finding, Scores
from moderation.taxonomy import ReasonCode
from moderation.text import visible

PHASE = "dosages"

_NUMBER = r"\d{1,6}(?:[.,]\d{1,3})?"
_NUMBER_WORD = (
    r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|hundred"
    r"|a hundred|a dozen|dozens of|a handful of|a fistful of"
    r"|zwei|drei|vier|fünf|fuenf|sechs|sieben|acht|neun|zehn|elf|zwölf|zwoelf|fünfzehn|zwanzig|dreißig|dreissig|vierzig"
    r"|fünfzig|hundert|ein dutzend|eine handvoll)"
)
_MEASURE = r"(?:mg|milligrams?|milligramm|µg|μg|mcg|micrograms?|mikrogramm|ml|millilit(?:er|re)s?|milliliter|i\.?e\.?|iu)"
_PIECE = (
    r"(?:pills?|tablets?|tabs?|capsules?|caps|doses?|patches"
    r"|tabletten?|pillen?|kapseln?|tropfen|dosen|ampullen|blister|tabl\.?)"
)
_WITH_MEASURE = re.compile(rf"(?<![\w.,]){_NUMBER} ?{_MEASURE}(?!\w)", re.IGNORECASE)
_SPELLED_MEASURE = re.compile(rf"(?<!\w){_NUMBER_WORD} (?:mg|milligrams?|milligramm|ml)(?!\w)", re.IGNORECASE)
# One adjective may stand between ("20 sleeping pills", "zehn kleine Tabletten").
_PIECES = re.compile(rf"(?<![\w.,])(?:{_NUMBER}|{_NUMBER_WORD})(?: ?x)? ?(?:[\w-]{{1,20}} )?{_PIECE}(?!\w)", re.IGNORECASE)
_PATTERNS = (_WITH_MEASURE, _SPELLED_MEASURE, _PIECES)


def check_dosages(candidate: Candidate, _scores: Scores | None) -> list[Finding]:
    """Find amounts of medicine, unless the circle allows them."""
    if not candidate.rules.stop_dosages:
        return []
    text = visible(candidate.text)
    found = any(pattern.search(text) for pattern in _PATTERNS)
    return [Finding(ReasonCode.DOSAGE, PHASE)] if found else []
