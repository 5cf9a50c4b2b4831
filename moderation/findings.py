"""The records that travel through screening: what a phase sees, what it found, what was decided."""

from collections.abc import Mapping
from dataclasses import dataclass

from moderation.helplines import SHIPPED, Helplines
from moderation.rules import Rules
from moderation.taxonomy import Label, Lane, Level, ReasonCode, Verdict

Scores = Mapping[Label, float]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One message as a phase sees it."""

    text: str  # as typed; the checks read it through `moderation.text`, what was typed is what is delivered
    rules: Rules
    recent: tuple[str, ...] = ()  # the same author's other texts here in the last 2 minutes, newest first
    helplines: Helplines = SHIPPED  # naming one of these gives no contact detail away
    unread: bool = False  # in writing that the classifier does not know: its scores mean nothing


@dataclass(frozen=True, slots=True)
class Finding:
    """What one phase saw. `detail` never contains message text: at most a watched phrase of the rules."""

    code: ReasonCode
    phase: str
    label: Label | None = None
    score: float | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to a message, the case that is due (if one is), and why."""

    verdict: Verdict
    lane: Lane | None
    level: Level | None
    levels: Mapping[Lane, Level]  # the levels proposed in both lanes, the due case's among them
    reasons: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Screened:
    """The outcome of screening one message; `scores` is None when the classifier gave nothing usable."""

    scores: Scores | None
    decision: Decision
    milliseconds: float
