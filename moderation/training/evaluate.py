"""Measure weights: held-out lines, ordinary talk, the behavioural suite, fairness and robustness, in one plain structure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from moderation.classifier.base import Classifier
from moderation.shares import Share
from moderation.taxonomy import Label, Verdict
from moderation.training import fairness, robustness, suite
from moderation.training.external import read_external
from moderation.training.flags import CARE, CONDUCT, flagged, verdict
from moderation.training.metrics import as_json, measure
from moderation.training.rows import DATA, LANGUAGES, Row, read_own
from moderation.training.split import Part, split

Scores = Sequence[Mapping[Label, float]]
FIXED_SEED = 7  # of the draw from public sets, so that every evaluation sees the same lines


def evaluate(classifier: Classifier, *, data: Path = DATA, external: Path | None = None, part: Part = Part.TEST) -> dict[str, Any]:
    """Score the held-out lines of one part and everything else, and return all that was measured."""
    parts = split(read_own(data))
    rows, strangers = parts[part], parts[Part.STRANGERS]
    scores, stranger_scores = (classifier.score([row.text for row in some]) for some in (rows, strangers))
    functionalities = suite.run_suite(classifier, suite.read_cases())
    rates = fairness.term_rates(classifier)
    return {
        "weights": f"{classifier.name} {classifier.revision}",
        "part": part.value,
        "labels": as_json(measure(rows, scores)),
        "strangers": as_json(measure(strangers, stranger_scores)) if strangers else {},
        "verdicts": verdict_shares(rows, scores),
        "stranger_verdicts": verdict_shares(strangers, stranger_scores),
        "ordinary_talk": ordinary_flags(classifier, ordinary_talk(external, part)) if external else None,
        "suite": {"all": round(suite.overall(functionalities), 4), **{row.name: round(row.share(), 4) for row in functionalities}},
        "fairness": {"mean": asdict(fairness.mean_rate(rates)), "terms": [asdict(rate) for rate in rates]},
        "flips": {kind: {**asdict(flips), "share": round(flips.share, 4)} for kind, flips in robustness.measure_flips(classifier, rows).items()},
    }


def kind_of(row: Row) -> str:
    """Sort a line by what a moderator would want to happen to it."""
    if any(row.labels[label] for label in CONDUCT):
        return "hurtful"
    return "care" if any(row.labels[label] for label in CARE) else "ordinary"


def verdict_shares(rows: Sequence[Row], scores: Scores) -> dict[str, dict[str, dict[str, float]]]:
    """Return language -> kind of line -> verdict -> share, by the default rules."""
    counted: dict[tuple[str, str], Counter[Verdict]] = {}
    for row, score in zip(rows, scores, strict=True):
        counted.setdefault((row.lang, kind_of(row)), Counter())[verdict(row.text, score)] += 1
    return {
        lang: {kind: {v.value: round(count[v] / count.total(), 3) for v in Verdict} for (row_lang, kind), count in sorted(counted.items()) if row_lang == lang}
        for lang in LANGUAGES
    }


def ordinary_talk(external: Path, part: Part) -> list[Row]:
    """Return held-out lines of public sets that are called neither hurtful nor alarming there."""
    held_out = split(read_external(external, FIXED_SEED))[part]
    return [row for row in held_out if row.labels[Label.HARASSMENT] == 0 and row.labels[Label.CRISIS] == 0]


def ordinary_flags(classifier: Classifier, rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """Return source -> share of its lines that are flagged for conduct and for crisis."""
    scored = list(zip(rows, classifier.score([row.text for row in rows]), strict=True))
    by_source = {source: [scores for row, scores in scored if row.source == source] for source in sorted({row.source for row in rows})}
    return {source: _flag_shares(scores) for source, scores in (*by_source.items(), ("all", [scores for _, scores in scored]))}


def _flag_shares(scores: Scores) -> dict[str, Any]:
    shares = {subject: Share.of(sum(flagged(subject, s) for s in scores), len(scores)) for subject in ("conduct", Label.CRISIS.value)}
    return {subject: asdict(share) if share else None for subject, share in shares.items()}
