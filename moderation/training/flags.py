"""What counts as flagged: a label's score reaches the lowest threshold at which the default rules do something."""

from collections.abc import Collection, Mapping

from moderation.findings import Candidate
from moderation.phases.scores import check_scores
from moderation.pipeline import judge
from moderation.rules import Rules
from moderation.taxonomy import Label, Verdict

CONDUCT = frozenset({Label.HARASSMENT, Label.GOADING})
CARE = frozenset({Label.CRISIS, Label.IMMINENT, Label.CONCERN})
DEFAULT_RULES = Rules()

# A message that shows imminent danger is treated at least as one that shows a crisis.
_FLAGGED_BY = {
    **{label.value: frozenset({label}) for label in Label},
    Label.CRISIS.value: frozenset({Label.CRISIS, Label.IMMINENT}),
    "conduct": CONDUCT,
    "care": CARE,
    "any": CONDUCT | CARE,
}
SUBJECTS = frozenset(_FLAGGED_BY)


def flags(scores: Mapping[Label, float], rules: Rules = DEFAULT_RULES) -> Collection[Label]:
    """Return the labels that reach their threshold."""
    return frozenset(finding.label for finding in check_scores(Candidate("", rules), scores) if finding.label)


def flagged(subject: str, scores: Mapping[Label, float], rules: Rules = DEFAULT_RULES) -> bool:
    """Say whether a label, a lane (`conduct`, `care`) or `any` of them is flagged."""
    return not _FLAGGED_BY[subject].isdisjoint(flags(scores, rules))


def verdict(text: str, scores: Mapping[Label, float], rules: Rules = DEFAULT_RULES) -> Verdict:
    """Return what happens to a message with these scores, every phase passed."""
    return judge(Candidate(text, rules), scores).verdict
