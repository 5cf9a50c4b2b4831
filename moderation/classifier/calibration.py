"""Making scores probabilities: per label, a line in log-odds space fitted on lines the network never saw (Platt 1999)."""

import math
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from moderation.taxonomy import Label

CERTAIN = 1e-6  # a score is never taken as more certain than this, so that its log-odds stay finite


class LabelCalibration(BaseModel):
    """Log-odds of the answer = scale * log-odds of the network's score + shift. The order of scores never changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scale: Annotated[float, Field(gt=0, le=10, allow_inf_nan=False)] = 1.0
    shift: Annotated[float, Field(ge=-10, le=10, allow_inf_nan=False)] = 0.0

    def apply(self, score: float) -> float:
        """Return the calibrated probability of a score from 0 to 1."""
        return probability(self.scale * log_odds(score) + self.shift)


Calibration = Mapping[Label, LabelCalibration]


def log_odds(score: float) -> float:
    """Return log(p / (1 - p)), with p kept away from 0 and 1."""
    inside = min(max(score, CERTAIN), 1 - CERTAIN)
    return math.log(inside / (1 - inside))


def probability(odds: float) -> float:
    """Return the probability of these log-odds."""
    return 1 / (1 + math.exp(-odds))


def calibrate(scores: Mapping[Label, float], calibration: Calibration) -> dict[Label, float]:
    """Return the scores with every label that has a calibration adjusted."""
    return {label: calibration[label].apply(score) if label in calibration else score for label, score in scores.items()}
