"""Fitting the calibration on held-out lines, and saying how well scores are probabilities."""

from collections.abc import Mapping, Sequence

from moderation.classifier.calibration import LabelCalibration, log_odds, probability
from moderation.taxonomy import Label
from moderation.training.rows import Row

BINS = 10
FEWEST_POSITIVES = 20  # fewer say too little: the label keeps the network's own scores
_ROUNDS = 50
_RIDGE = 1e-3  # keeps the fit finite where the scores separate the lines perfectly


def fit_calibration(rows: Sequence[Row], scores: Sequence[Mapping[Label, float]]) -> dict[Label, LabelCalibration]:
    """Return a calibration per label from the network's own scores of rows it was not trained on.

    English and German share it: at screening nobody says which language a message is in, and many mix them.
    """
    fitted = {}
    for label in Label:
        known = known_pairs(rows, scores, label)
        positives = sum(truth for _, truth in known)
        if min(positives, len(known) - positives) >= FEWEST_POSITIVES:
            fitted[label] = _fit([log_odds(score) for score, _ in known], [truth for _, truth in known])
    return fitted


def known_pairs(rows: Sequence[Row], scores: Sequence[Mapping[Label, float]], label: Label, lang: str | None = None) -> list[tuple[float, int]]:
    """Return (score, truth) of the rows that know the label, of one language or of all."""
    return [(s[label], t) for row, s in zip(rows, scores, strict=True) if (t := row.labels[label]) is not None and lang in {None, row.lang}]


def calibration_error(pairs: Sequence[tuple[float, int]]) -> float | None:
    """Return the expected calibration error: the mean gap between score and frequency over ten equal bins."""
    if not pairs:
        return None
    return sum(abs(mean - frequency) * count for mean, frequency, count in reliability(pairs)) / len(pairs)


def reliability(pairs: Sequence[tuple[float, int]]) -> list[tuple[float, float, int]]:
    """Return (mean score, share of positives, count) for every bin that holds anything."""
    bins: list[list[tuple[float, int]]] = [[] for _ in range(BINS)]
    for score, truth in pairs:
        bins[min(int(score * BINS), BINS - 1)].append((score, truth))
    return [(sum(s for s, _ in held) / len(held), sum(t for _, t in held) / len(held), len(held)) for held in bins if held]


def _fit(odds: Sequence[float], truths: Sequence[int]) -> LabelCalibration:
    """Fit scale and shift by Newton's method on the log loss."""
    scale, shift = 1.0, 0.0
    for _ in range(_ROUNDS):
        told = [probability(scale * x + shift) for x in odds]
        slope_a = sum((p - t) * x for p, t, x in zip(told, truths, odds, strict=True)) + _RIDGE * (scale - 1)
        slope_b = sum(p - t for p, t in zip(told, truths, strict=True)) + _RIDGE * shift
        bends = [p * (1 - p) for p in told]
        aa = sum(b * x * x for b, x in zip(bends, odds, strict=True)) + _RIDGE
        ab = sum(b * x for b, x in zip(bends, odds, strict=True))
        bb = sum(bends) + _RIDGE
        inverse = 1 / (aa * bb - ab * ab)
        step_a, step_b = (bb * slope_a - ab * slope_b) * inverse, (aa * slope_b - ab * slope_a) * inverse
        scale, shift = _within(scale - step_a, 0.05, 10.0), _within(shift - step_b, -10.0, 10.0)
        if abs(step_a) + abs(step_b) < 1e-8:  # noqa: PLR2004 (no further change worth making)
            break
    return LabelCalibration(scale=round(scale, 4), shift=round(shift, 4))


def _within(value: float, low: float, high: float) -> float:
    # Lines that the scores separate perfectly would ask for more and more certainty.
    return min(max(value, low), high)
