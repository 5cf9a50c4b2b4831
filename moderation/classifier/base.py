"""What the pipeline asks of a classifier, and the check that nothing but complete, finite scores gets through."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from moderation.taxonomy import Label


class ClassifierError(Exception):
    """The classifier gave nothing usable; the message never contains message text."""


class WeightsError(Exception):
    """Weights that are missing, altered or not understood; the sentence says which file and what to do."""


class Classifier(Protocol):
    """Scores texts; one that cannot answer raises, it never guesses."""

    @property
    def name(self) -> str:
        """The name of the weights, as recorded with every screening."""

    @property
    def revision(self) -> str:
        """What tells these weights from any other weights of the same name."""

    def score(self, texts: Sequence[str]) -> Sequence[Mapping[Label, float]]:
        """Return one mapping per text, in the same order, every label from 0 to 1."""

    def reads(self, text: str) -> bool:
        """Return whether the text is in writing that these weights know, so that its scores mean something."""


@dataclass(frozen=True, slots=True)
class ScriptedClassifier:
    """The twin used in tests and demonstrations: scores come from a function of the text."""

    script: Callable[[str], Mapping[Label, float]]
    name: str = "scripted"
    revision: str = "1"
    legible: Callable[[str], bool] = lambda _text: True

    def score(self, texts: Sequence[str]) -> Sequence[Mapping[Label, float]]:
        """Return what the script says of each text, as it says it."""
        return [self.script(text) for text in texts]

    def reads(self, text: str) -> bool:
        """Return what the script says; without one, everything can be read."""
        return self.legible(text)


def harmless(**changes: float) -> dict[Label, float]:
    """Return scores that are 0 but for the named labels; for scripts."""
    return {label: changes.get(label.value, 0.0) for label in Label}


def checked(scores: Any, expected_count: int) -> list[dict[Label, float]]:
    """Return the scores as plain floats, or raise ClassifierError when anything about them is off."""
    try:
        rows = list(scores)
    except TypeError:
        message = "the classifier returned no list of scores"
        raise ClassifierError(message) from None
    if len(rows) != expected_count:
        message = f"the classifier returned {len(rows)} rows for {expected_count} texts"
        raise ClassifierError(message)
    return [_checked_row(row) for row in rows]


def _checked_row(row: Any) -> dict[Label, float]:
    if not isinstance(row, Mapping) or set(row) != set(Label):
        message = "the classifier did not score exactly the known labels"
        raise ClassifierError(message)
    return {label: _checked_score(label, row[label]) for label in Label}


def _checked_score(label: Label, value: Any) -> float:
    try:
        score = float(value)
    except (TypeError, ValueError):
        score = math.nan
    # Written so that NaN, which compares false with everything, is refused too.
    if isinstance(value, bool | str) or not 0.0 <= score <= 1.0:
        message = f"the classifier's score for {label} is not a number from 0 to 1"
        raise ClassifierError(message)
    return score
