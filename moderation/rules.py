"""A circle's rules as data: the only thing besides the message that `decide` looks at."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from moderation.taxonomy import CrisisMode

Threshold = Annotated[float, Field(ge=0.01, le=0.99)]


class Rules(BaseModel):
    """One version of a circle's rules; immutable, stored as JSON, unknown fields refused.

    Thresholds are scores from 0 to 1. There is deliberately no field that turns screening off.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    hold_harassment: Threshold = 0.68
    hold_goading: Threshold = 0.18
    nudge_harassment: Threshold = 0.5
    alert_crisis: Threshold = 0.4
    alert_imminent: Threshold = 0.12
    alert_concern: Threshold = 0.11
    crisis_mode: CrisisMode = CrisisMode.DELIVER_AND_ALERT
    stop_contacts: bool = True
    stop_money: bool = True
    stop_dosages: bool = True
    watched_phrases: tuple[Annotated[str, Field(min_length=2, max_length=80)], ...] = ()
    max_length: Annotated[int, Field(ge=100, le=4000)] = 2000

    @model_validator(mode="after")
    def _nudge_comes_before_hold(self) -> Self:
        if self.nudge_harassment > self.hold_harassment:
            message = "nudge_harassment must not be above hold_harassment"
            raise ValueError(message)
        return self
