"""The few numbers that a classifier is judged by, from scores and truths alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from moderation.taxonomy import Label
from moderation.training.rows import LANGUAGES, Row

FALSE_ALARMS = 0.05


@dataclass(frozen=True, slots=True)
class LabelMetrics:
    """How well one label is found among the lines of one language; None when it cannot be said."""

    lines: int
    positives: int
    auc: float | None
    recall_at_5_percent: float | None  # share of positives found when 5 % of the others raise a false alarm


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


def recall(scores: Iterable[float], truths: Iterable[int], threshold: float) -> float | None:
    """Return the share of the positives that reach the threshold."""
    found = [s >= threshold for s, t in zip(scores, truths, strict=True) if t]
    return sum(found) / len(found) if found else None


def measure(rows: Sequence[Row], scores: Sequence[Mapping[Label, float]]) -> dict[str, dict[str, object]]:
    """Return language -> label -> metrics, for the rows that know the label."""
    pairs = list(zip(rows, scores, strict=True))
    return {lang: {label.value: asdict(_measure_label([p for p in pairs if p[0].lang == lang], label)) for label in Label} for lang in LANGUAGES}


def _measure_label(pairs: Sequence[tuple[Row, Mapping[Label, float]]], label: Label) -> LabelMetrics:
    known = [(s[label], t) for row, s in pairs if (t := row.labels[label]) is not None]
    scores, truths = [s for s, _ in known], [t for _, t in known]
    threshold = threshold_at(scores, truths, FALSE_ALARMS)
    return LabelMetrics(
        len(known),
        sum(truths),
        _rounded(auc(scores, truths)),
        _rounded(recall(scores, truths, threshold)),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
