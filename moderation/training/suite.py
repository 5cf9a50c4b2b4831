"""The behavioural suite: what the classifier must and must not flag, one functionality at a time (CheckList, arXiv:2005.04118)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moderation.classifier.base import Classifier
from moderation.taxonomy import Label
from moderation.training.flags import SUBJECTS, flagged
from moderation.training.rows import LANGUAGES, BadRowError

SUITE = Path(__file__).parent / "suite"
CASES = SUITE / "cases.jsonl"
PASS_ALL, PASS_EACH = 0.95, 0.80


@dataclass(frozen=True, slots=True)
class Case:
    """One text and whether `about` (a label, `conduct`, `care` or `any`) must be flagged in it."""

    functionality: str
    lang: str
    about: str
    expected: bool
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case, its scores and whether it passed."""

    case: Case
    scores: Mapping[Label, float]
    passed: bool


@dataclass(frozen=True, slots=True)
class Functionality:
    """One row of the table."""

    name: str
    about: str
    expected: bool
    outcomes: Sequence[Outcome]

    def share(self, lang: str | None = None) -> float:
        """Return the share of passed cases, of one language or of both."""
        passed = [outcome.passed for outcome in self.outcomes if lang in {None, outcome.case.lang}]
        return sum(passed) / len(passed) if passed else 1.0


def read_cases(file: Path = CASES) -> list[Case]:
    """Read the cases; a bad line is refused by its number."""
    return list(_cases(file))


def run_suite(classifier: Classifier, cases: Sequence[Case]) -> list[Functionality]:
    """Score every case and return a row per functionality, in the order of the file."""
    rows: dict[str, list[Outcome]] = {}
    for case, scores in zip(cases, classifier.score([case.text for case in cases]), strict=True):
        passed = flagged(case.about, scores) == case.expected
        rows.setdefault(case.functionality, []).append(Outcome(case, scores, passed))
    return [Functionality(name, outcomes[0].case.about, outcomes[0].case.expected, outcomes) for name, outcomes in rows.items()]


def overall(rows: Sequence[Functionality]) -> float:
    """Return the share of all cases that passed."""
    outcomes = [outcome for row in rows for outcome in row.outcomes]
    return sum(outcome.passed for outcome in outcomes) / len(outcomes)


def suite_passes(rows: Sequence[Functionality]) -> bool:
    """Say whether enough cases pass, over all and in each functionality."""
    return overall(rows) >= PASS_ALL and all(row.share() >= PASS_EACH for row in rows)


def table(rows: Sequence[Functionality], *, with_texts: bool) -> Iterator[str]:
    """Yield the lines of a plain table, the weakest last, then the failing cases."""
    yield f"{'functionality':<38} {'must flag':<18} {'en':>5} {'de':>5} {'all':>5}"
    for row in sorted(rows, key=lambda row: -row.share()):
        must = row.about if row.expected else f"not {row.about}"
        shares = " ".join(f"{share:>5.0%}" for share in (row.share("en"), row.share("de"), row.share()))
        yield f"{row.name:<38} {must:<18} {shares}"
    yield f"{'all cases':<38} {'':<18} {'':>11} {overall(rows):>5.1%}"
    if with_texts:
        yield from (_failure(outcome) for row in rows for outcome in row.outcomes if not outcome.passed)


def _failure(outcome: Outcome) -> str:
    scores = " ".join(f"{label} {score:.2f}" for label, score in outcome.scores.items() if score >= 0.1)  # noqa: PLR2004 (the rest is nothing to read)
    return f"failed: {outcome.case.functionality} {outcome.case.lang}: {outcome.case.text} [{scores}]"


def _cases(file: Path) -> Iterator[Case]:
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield _case(json.loads(line))
            except (ValueError, TypeError, KeyError):
                message = f"{file.name}:{number}: not a case of the suite"
                raise BadRowError(message) from None


def _case(raw: Any) -> Case:
    case = Case(**raw)
    good = case.lang in LANGUAGES and case.about in SUBJECTS and isinstance(case.expected, bool) and case.text.strip()
    if not good:
        raise ValueError
    return case
