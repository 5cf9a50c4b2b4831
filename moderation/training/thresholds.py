"""Default thresholds chosen on the dev lines: the lowest that keeps false alarms among near misses and in ordinary talk as rare as stated."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TypeVar

from moderation.shares import Share
from moderation.taxonomy import Label
from moderation.training.calibration import known_pairs
from moderation.training.external import PUBLIC_SETS
from moderation.training.flags import CONDUCT
from moderation.training.metrics import share_above, threshold_at
from moderation.training.rows import LANGUAGES, Row

LOWEST, HIGHEST = 0.1, 0.9
Scores = Sequence[Mapping[Label, float]]
_A = TypeVar("_A")
_B = TypeVar("_B")


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many false alarms a setting may cost: among own lines, half of them near misses, and in ordinary talk."""

    label: Label
    near_misses: float
    ordinary: float


# A hold delays somebody's words, so it may be wrong least often; a nudge costs its author a tap, an alert costs a volunteer a look, and missing a cry for
# help costs more. Every second of the own lines is a near miss: in a circle, false alarms are many times rarer.
ALLOWANCES = {
    "hold_harassment": Allowance(Label.HARASSMENT, 0.02, 0.005),
    "nudge_harassment": Allowance(Label.HARASSMENT, 0.035, 0.02),
    "hold_goading": Allowance(Label.GOADING, 0.03, 0.005),
    "alert_crisis": Allowance(Label.CRISIS, 0.08, 0.01),
    "alert_imminent": Allowance(Label.IMMINENT, 0.03, 0.005),
    "alert_concern": Allowance(Label.CONCERN, 0.03, 0.01),
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A threshold and what it gave on the dev lines."""

    threshold: float
    recall: Mapping[str, Share | None]
    false_alarms: Mapping[str, Share | None]
    ordinary: Share | None


def choose_thresholds(rows: Sequence[Row], scores: Scores, talk: Sequence[Row], talk_scores: Scores) -> dict[str, Chosen]:
    """Return a choice per setting of the rules, within bounds that a small dev part cannot push."""
    return {setting: _choose(allowance, rows, scores, talk, talk_scores) for setting, allowance in ALLOWANCES.items()}


def as_json(chosen: Mapping[str, Chosen]) -> dict[str, dict[str, object]]:
    """Return the choices as plain data."""
    return {setting: asdict(choice) for setting, choice in chosen.items()}


def _choose(allowance: Allowance, rows: Sequence[Row], scores: Scores, talk: Sequence[Row], talk_scores: Scores) -> Chosen:
    label = allowance.label
    fitting = [(row, score) for row, score in zip(talk, talk_scores, strict=True) if _is_ordinary(row, label)]
    ordinary = [(score, 0) for score, truth in known_pairs(*_apart(fitting), label) if not truth]
    needed = [
        threshold_at(*_apart(known_pairs(rows, scores, label)), allowance.near_misses),
        # A sample in which not one line may be flagged would let its strangest line decide.
        threshold_at(*_apart(ordinary), allowance.ordinary) if len(ordinary) * allowance.ordinary >= 1 else LOWEST,
    ]
    threshold = round(min(HIGHEST, max(LOWEST, *needed)) + 0.005, 2)
    by_lang = {lang: _apart(known_pairs(rows, scores, label, lang)) for lang in LANGUAGES}
    return Chosen(
        threshold,
        {lang: share_above(*pairs, threshold) for lang, pairs in by_lang.items()},
        {lang: share_above(*pairs, threshold, truth=0) for lang, pairs in by_lang.items()},
        share_above(*_apart(ordinary), threshold, truth=0),
    )


def _is_ordinary(row: Row, label: Label) -> bool:
    """Return whether a line that a public set calls harmless is: tweets and forums call open insults so, but hold no cries for help."""
    return label not in CONDUCT or row.source not in PUBLIC_SETS or PUBLIC_SETS[row.source].supportive


def _apart(pairs: Sequence[tuple[_A, _B]]) -> tuple[list[_A], list[_B]]:
    return [first for first, _ in pairs], [second for _, second in pairs]
