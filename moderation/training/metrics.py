"""The few numbers that a classifier is judged by, from scores and truths alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from moderation.shares import Share
from moderation.taxonomy import Label
from moderation.training.calibration import calibration_error, known_pairs
from moderation.training.rows import LANGUAGES, Row

# The share of other lines that may raise a false alarm while recall is measured.
FALSE_ALARMS = {Label.HARASSMENT: 0.05, Label.GOADING: 0.03, Label.CRISIS: 0.05, Label.IMMINENT: 0.03, Label.CONCERN: 0.03}


@dataclass(frozen=True, slots=True)
class LabelMetrics:
    """How well one label is found among the lines of one language; None when it cannot be said."""

    lines: int
    positives: int
    auc: float | None
    false_alarms_allowed: float
    recall: Share | None  # of the positives, when so many of the others raise a false alarm
    calibration_error: float | None


def auc(scores: Sequence[float], truths: Sequence[int]) -> float | None:
    """Return the chance that a positive scores above a negative, ties counting half."""
    ordered = sorted(zip(scores, truths, strict=True))
    positives = sum(truths)
    negatives = len(truths) - positives
    if not positives or not negatives:
        return None
    wins, below, start = 0.0, 0, 0
    while start < len(ordered):
        end = start
        while end < len(ordered) and ordered[end][0] == ordered[start][0]:
            end += 1
        tied = ordered[start:end]
        tied_positives = sum(truth for _, truth in tied)
        tied_negatives = len(tied) - tied_positives
        wins += tied_positives * (below + tied_negatives / 2)
        below, start = below + tied_negatives, end
    return wins / (positives * negatives)


def threshold_at(scores: Sequence[float], truths: Sequence[int], share: float) -> float:
    """Return the lowest score that at most this share of the negatives reaches."""
    negatives = sorted((s for s, t in zip(scores, truths, strict=True) if not t), reverse=True)
    if not negatives:
        return 0.5
    allowed = int(share * len(negatives))
    return negatives[allowed] + 1e-6 if allowed < len(negatives) else negatives[-1]


def share_above(scores: Iterable[float], truths: Iterable[int], threshold: float, *, truth: int = 1) -> Share | None:
    """Return the share of the lines with this truth that reach the threshold: recall, or with truth 0 false alarms."""
    reached = [s >= threshold for s, t in zip(scores, truths, strict=True) if t == truth]
    return Share.of(sum(reached), len(reached))


def measure(rows: Sequence[Row], scores: Sequence[Mapping[Label, float]]) -> dict[str, dict[str, LabelMetrics]]:
    """Return language -> label -> metrics, for the rows that know the label."""
    return {lang: {label.value: _measure_label(known_pairs(rows, scores, label, lang), label) for label in Label} for lang in LANGUAGES}


def as_json(measured: Mapping[str, Mapping[str, LabelMetrics]]) -> dict[str, dict[str, object]]:
    """Return metrics as plain data."""
    return {lang: {label: asdict(metrics) for label, metrics in labels.items()} for lang, labels in measured.items()}


def _measure_label(pairs: Sequence[tuple[float, int]], label: Label) -> LabelMetrics:
    scores, truths = [s for s, _ in pairs], [t for _, t in pairs]
    allowed = FALSE_ALARMS[label]
    recall = share_above(scores, truths, threshold_at(scores, truths, allowed))
    return LabelMetrics(len(pairs), sum(truths), _rounded(auc(scores, truths)), allowed, recall, _rounded(calibration_error(pairs)))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
