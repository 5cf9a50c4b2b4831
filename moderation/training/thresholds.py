"""Default thresholds chosen on the dev lines: for each setting, how many false alarms it may cost."""

from collections.abc import Mapping, Sequence

from moderation.taxonomy import Label
from moderation.training.metrics import threshold_at
from moderation.training.rows import Row

# A hold delays somebody's words, so it may be wrong least often; an alert costs a volunteer a look.
ALLOWED_FALSE_ALARMS = {
    "hold_harassment": (Label.HARASSMENT, 0.02),
    "nudge_harassment": (Label.HARASSMENT, 0.05),
    "hold_goading": (Label.GOADING, 0.01),
    "alert_crisis": (Label.CRISIS, 0.05),
    "alert_imminent": (Label.IMMINENT, 0.03),
    "alert_concern": (Label.CONCERN, 0.02),
}
LOWEST, HIGHEST = 0.1, 0.9


def choose_thresholds(rows: Sequence[Row], scores: Sequence[Mapping[Label, float]]) -> dict[str, float]:
    """Return a threshold per setting of the rules, within bounds that a small dev part cannot push."""
    chosen = {}
    for setting, (label, share) in ALLOWED_FALSE_ALARMS.items():
        known = [(s[label], t) for r, s in zip(rows, scores, strict=True) if (t := r.labels[label]) is not None]
        threshold = threshold_at([s for s, _ in known], [t for _, t in known], share)
        chosen[setting] = round(min(HIGHEST, max(LOWEST, threshold)), 2)
    return chosen
