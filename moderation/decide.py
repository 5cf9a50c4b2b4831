"""The whole moderation policy in one place: what was found in, what happens to the message out. Pure and total."""

from collections.abc import Sequence
from dataclasses import dataclass

from moderation.findings import Decision, Finding, Scores
from moderation.rules import Rules
from moderation.taxonomy import (
    CrisisMode,
    Label,
    Lane,
    Level,
    ReasonCode,
    Verdict,
)

VERY_HIGH_HARASSMENT = 0.9
CLEAR_CRISIS = 0.8
LEANING = 0.2  # a share of the imminent threshold: not imminent, but the wish begins to have a shape


@dataclass(frozen=True, slots=True)
class _Asks:
    """What one finding asks for; the strongest request wins."""

    verdict: Verdict
    lane: Lane | None = None
    level: Level | None = None


# Read a line as: this reason asks for this verdict, and for a case in this lane at this level.
_TABLE = {
    ReasonCode.SCREENER_UNAVAILABLE: _Asks(Verdict.HOLD, Lane.CONDUCT, Level.H1),
    ReasonCode.AUTHOR_ASKED: _Asks(Verdict.HOLD, Lane.CONDUCT, Level.H1),
    ReasonCode.UNREAD: _Asks(Verdict.HOLD, Lane.CONDUCT, Level.H1),
    ReasonCode.CONTACT: _Asks(Verdict.HOLD, Lane.CONDUCT, Level.H1),
    ReasonCode.MONEY: _Asks(Verdict.HOLD, Lane.CONDUCT, Level.H1),
    ReasonCode.DOSAGE: _Asks(Verdict.HOLD, Lane.CONDUCT, Level.H1),
    ReasonCode.WATCHED_PHRASE: _Asks(Verdict.HOLD, Lane.CONDUCT, Level.H1),
    ReasonCode.GOADING: _Asks(Verdict.HOLD, Lane.CONDUCT, Level.H3),
    ReasonCode.HARASSMENT: _Asks(Verdict.HOLD, Lane.CONDUCT, Level.H2),  # by score, see below
    ReasonCode.BLANK: _Asks(Verdict.NUDGE),
    ReasonCode.TOO_LONG: _Asks(Verdict.NUDGE),
    ReasonCode.REPEATED: _Asks(Verdict.NUDGE),
    ReasonCode.CONCERN: _Asks(Verdict.DELIVER_ALERT, Lane.CARE, Level.C2),
    ReasonCode.CRISIS: _Asks(Verdict.DELIVER_ALERT, Lane.CARE, Level.C2),  # by score, see below
    ReasonCode.IMMINENT: _Asks(Verdict.DELIVER_ALERT, Lane.CARE, Level.C4),
}

# A person in need comes before a doubt about tone: an alert is delivered where a nudge would have silenced it.
_STRENGTH = (Verdict.DELIVER, Verdict.NUDGE, Verdict.DELIVER_ALERT, Verdict.HOLD)


def decide(findings: Sequence[Finding], rules: Rules, scores: Scores | None) -> Decision:
    """Weigh all findings by the circle's rules; with none, the message is delivered."""
    codes = {finding.code for finding in findings}
    asks = [_asks(finding, codes, rules, scores) for finding in findings]
    verdict = max((ask.verdict for ask in asks), key=_STRENGTH.index, default=Verdict.DELIVER)
    levels = _levels(asks)
    lane = _due_lane(asks, verdict)
    level = levels[lane] if lane else None
    return Decision(verdict, lane, level, levels, tuple(findings))


def _asks(finding: Finding, codes: set[ReasonCode], rules: Rules, scores: Scores | None) -> _Asks:
    if finding.code is ReasonCode.HARASSMENT:
        return _asks_for_harassment(finding.score or 0.0, rules)
    asked = _TABLE[finding.code]
    if asked.lane is not Lane.CARE:
        return asked
    verdict = Verdict.HOLD if _held_for_care(finding.code, codes, rules) else asked.verdict
    is_shaped = finding.code is ReasonCode.CRISIS and _crisis_has_a_shape(scores, rules)
    return _Asks(verdict, Lane.CARE, Level.C3 if is_shaped else asked.level)


def _asks_for_harassment(score: float, rules: Rules) -> _Asks:
    if score < rules.hold_harassment:
        return _Asks(Verdict.NUDGE)
    level = Level.H3 if score >= VERY_HIGH_HARASSMENT else Level.H2
    return _Asks(Verdict.HOLD, Lane.CONDUCT, level)


def _held_for_care(code: ReasonCode, codes: set[ReasonCode], rules: Rules) -> bool:
    if code is ReasonCode.CONCERN or rules.crisis_mode is CrisisMode.DELIVER_AND_ALERT:
        return False
    if rules.crisis_mode is CrisisMode.HOLD_ALL:
        return True
    return code is ReasonCode.IMMINENT or ReasonCode.GOADING in codes


def _crisis_has_a_shape(scores: Scores | None, rules: Rules) -> bool:
    return scores is not None and scores[Label.CRISIS] >= CLEAR_CRISIS and scores[Label.IMMINENT] >= LEANING * rules.alert_imminent


def _levels(asks: Sequence[_Asks]) -> dict[Lane, Level]:
    """Return the most urgent level asked for in each lane."""
    levels: dict[Lane, Level] = {}
    for ask in asks:
        if ask.lane and ask.level and ask.level >= levels.get(ask.lane, ask.level):
            levels[ask.lane] = ask.level
    return levels


def _due_lane(asks: Sequence[_Asks], verdict: Verdict) -> Lane | None:
    """Choose whose queue the case joins; when both lanes are due, `levels` says so and the author's need is not lost."""
    if verdict not in (Verdict.HOLD, Verdict.DELIVER_ALERT):
        return None
    lanes = {ask.lane for ask in asks if ask.verdict is verdict}
    return Lane.CARE if Lane.CARE in lanes else Lane.CONDUCT
