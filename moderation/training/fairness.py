"""Fairness towards groups: harmless sentences with one identity term after the other, and how often each is stopped."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from moderation.classifier.base import Classifier
from moderation.training.flags import flagged
from moderation.training.suite import SUITE

IDENTITY = SUITE / "identity.json"


@dataclass(frozen=True, slots=True)
class TermRate:
    """How many of the harmless sentences with a term are flagged, as shares from 0 to 1."""

    lang: str
    term: str
    conduct: float
    any_label: float


def term_rates(classifier: Classifier, file: Path = IDENTITY) -> list[TermRate]:
    """Return a rate per term and language, the most often flagged first."""
    parts = json.loads(file.read_text(encoding="utf-8"))
    rates = [_rate(classifier, lang, term, parts["sentences"][lang]) for lang, terms in parts["terms"].items() for term in terms]
    return sorted(rates, key=lambda rate: (-rate.conduct, -rate.any_label, rate.lang, rate.term))


def mean_rate(rates: Sequence[TermRate]) -> TermRate:
    """Return the mean over all terms, what each term is compared with."""
    return TermRate("all", "mean", sum(r.conduct for r in rates) / len(rates), sum(r.any_label for r in rates) / len(rates))


def _rate(classifier: Classifier, lang: str, term: str, sentences: Sequence[str]) -> TermRate:
    scored = classifier.score([sentence.format(term=term) for sentence in sentences])
    conduct = sum(flagged("conduct", scores) for scores in scored)
    anything = sum(flagged("any", scores) for scores in scored)
    return TermRate(lang, term, conduct / len(sentences), anything / len(sentences))
