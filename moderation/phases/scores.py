"""Phase: the classifier's scores against the circle's thresholds."""

from moderation.findings import Candidate, Finding, Scores
from moderation.rules import Rules
from moderation.taxonomy import Label, ReasonCode

PHASE = "classifier"


def check_scores(candidate: Candidate, scores: Scores | None) -> list[Finding]:
    """Find each label whose score reaches the lowest threshold that matters for it."""
    if scores is None:
        return [Finding(ReasonCode.SCREENER_UNAVAILABLE, PHASE)]
    return [
        Finding(ReasonCode(label.value), PHASE, label=label, score=scores[label])
        for label, threshold in _thresholds(candidate.rules).items()
        if scores[label] >= threshold
    ]


def _thresholds(rules: Rules) -> dict[Label, float]:
    return {
        Label.HARASSMENT: rules.nudge_harassment,
        Label.GOADING: rules.hold_goading,
        Label.CRISIS: rules.alert_crisis,
        Label.IMMINENT: rules.alert_imminent,
        Label.CONCERN: rules.alert_concern,
    }
