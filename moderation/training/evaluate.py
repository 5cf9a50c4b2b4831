"""Measure weights on held-out lines: `python -m moderation.training.evaluate [--weights DIR] [--part test]`.

Prints, as JSON, each label's AUC and its recall at 5 % false alarms per language, and what the default
rules would do with harmful, crisis and ordinary lines.
"""

import argparse
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from moderation.classifier.loading import load_classifier
from moderation.findings import Candidate
from moderation.pipeline import judge
from moderation.rules import Rules
from moderation.taxonomy import Label, Verdict
from moderation.training.metrics import measure
from moderation.training.rows import LANGUAGES, Row, read_own
from moderation.training.split import Part, split

_CONDUCT = (Label.HARASSMENT, Label.GOADING)
_CARE = (Label.CRISIS, Label.IMMINENT, Label.CONCERN)


def kind_of(row: Row) -> str:
    """Sort a line by what a moderator would want to happen to it."""
    if any(row.labels[label] for label in _CONDUCT):
        return "hurtful"
    return "care" if any(row.labels[label] for label in _CARE) else "ordinary"


def verdicts(rows: Sequence[Row], scores: Sequence[Mapping[Label, float]], rules: Rules) -> dict[str, dict[str, dict[str, float]]]:
    """Return language -> kind of line -> verdict -> share, by these rules."""
    counted: dict[tuple[str, str], Counter[Verdict]] = {}
    for row, score in zip(rows, scores, strict=True):
        verdict = judge(Candidate(row.text, rules), score).verdict
        counted.setdefault((row.lang, kind_of(row)), Counter())[verdict] += 1
    return {
        lang: {kind: {v.value: round(count[v] / count.total(), 3) for v in Verdict} for (row_lang, kind), count in sorted(counted.items()) if row_lang == lang}
        for lang in LANGUAGES
    }


def evaluate(weights: Path | None, part: Part) -> dict[str, object]:
    """Score the held-out lines of one part with weights from disk and return everything measured."""
    classifier = load_classifier("onnx", weights)
    rows = split(read_own())[part]
    scores = classifier.score([row.text for row in rows])
    return {
        "weights": f"{classifier.name} {classifier.revision}",
        "part": part.value,
        "labels": measure(rows, scores),
        "verdicts_by_default_rules": verdicts(rows, scores, Rules()),
    }


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description="Measure the message classifier.")
    parser.add_argument("--weights", type=Path, help="folder of weights; the shipped ones if left out")
    parser.add_argument("--part", type=Part, choices=list(Part), default=Part.TEST)
    arguments = parser.parse_args()
    print(json.dumps(evaluate(arguments.weights, arguments.part), indent=2))


if __name__ == "__main__":
    main()
